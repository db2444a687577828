import { density } from "../canvas/density.js";
import { shownMask } from "../canvas/shown-mask.js";
import { placeOf, type Routing } from "../local/routing.js";
import { isFiner } from "../state/finer.js";
import { overlayOf, type State } from "../state/state.js";
import type { Attributes } from "./attribute-view.js";

/** What is on the canvas, in words. */
export function canvasAttributes(state: State, routing: Routing): Attributes {
  const { picture, link, tools, viewport, pointing, nextSequence } = state;
  const connected = { connection: link.kind, state: picture.kind };
  if (picture.kind === "empty") return connected;
  const { edit, info } = picture;
  const { present } = edit;
  const shown = shownMask(picture);
  const final = shown?.look === "final" ? shown : undefined;
  const overlay = overlayOf(picture);
  const { points, box, mask, marks = [] } = present.prompts;
  return {
    ...connected,
    tool: tools.tool,
    zoom: (viewport.scale * density()).toFixed(3),
    everything: picture.everything.kind,
    found: overlay?.found.length ?? 0,
    lit: overlay?.lit ?? 0,
    overlay: overlay !== undefined,
    imageId: info.imageId ?? "",
    imageWidth: info.width,
    imageHeight: info.height,
    points: points.length,
    painted: mask !== undefined || marks.length > 0,
    picked: pointing.picked ?? "none",
    box: box !== undefined,
    objects: present.objects.filter(({ visible }) => visible).length,
    editing: present.editing ?? 0,
    waiting: edit.waiting.length,
    maskLook: shown?.look ?? "none",
    // Of the picture, and whether what is to be seen comes from it.
    draft: picture.kind === "encoding" && picture.hasDraft,
    drafted: shown?.isDraft === true,
    draftArea: shown?.look === "draft" ? shown.mask.area : 0,
    maskArea: final?.mask.area ?? 0,
    finer: present.answer !== undefined && isFiner(present.answer),
    maskSequence: final?.sequence ?? 0,
    maskCount: present.answer?.masks.length ?? 0,
    asked: nextSequence - 1,
    decoding: placeOf(routing),
    previewArea: shown?.look === "preview" ? shown.mask.area : 0,
  };
}
