import type { CanvasView } from "./canvas/canvas-view.js";
import { density } from "./canvas/density.js";
import { shownMask } from "./canvas/shown-mask.js";
import type { Client } from "./client.js";
import { placeOf } from "./local/routing.js";
import type { AddressView } from "./panel/address-view.js";
import { DecodingView } from "./panel/decoding-view.js";
import { element, setData } from "./panel/element.js";
import { EverythingView } from "./panel/everything-view.js";
import type { FilmView } from "./panel/film-view.js";
import { LatencyView } from "./panel/latency-view.js";
import { MaskView } from "./panel/mask-view.js";
import type { ObjectsView } from "./panel/objects-view.js";
import { saveEverything } from "./panel/save-everything.js";
import { StatusView } from "./panel/status-view.js";
import type { StripView } from "./panel/strip-view.js";
import type { TakeAwayView } from "./panel/take-away-view.js";
import type { ToolboxView } from "./panel/toolbox-view.js";
import type { ToolsView } from "./panel/tools-view.js";
import type { ZoomView } from "./panel/zoom-view.js";
import { answerIsNearMs } from "./state/preview.js";
import { hasPrompts, type Prompts } from "./state/prompts.js";
import { overlayOf, type Picture, type State } from "./state/state.js";

/** How often words with a number of seconds in them are written anew. */
const tickMs = 250;

interface Parts {
  readonly client: Client;
  readonly canvas: CanvasView;
  readonly tools: ToolsView;
  readonly toolbox: ToolboxView;
  readonly film: FilmView;
  readonly strip: StripView;
  readonly address: AddressView;
  readonly zoom: ZoomView;
  readonly objects: ObjectsView;
  readonly takeAway: TakeAwayView;
}

/** Draws the state, at most once a frame. */
export class Screen {
  readonly #client: Client;
  readonly #canvas: CanvasView;
  readonly #tools: ToolsView;
  readonly #toolbox: ToolboxView;
  readonly #film: FilmView;
  readonly #strip: StripView;
  readonly #address: AddressView;
  readonly #zoom: ZoomView;
  readonly #objects: ObjectsView;
  readonly #takeAway: TakeAwayView;
  readonly #status: StatusView;
  readonly #mask: MaskView;
  readonly #everything: EverythingView;
  readonly #latency = new LatencyView();
  readonly #decoding: DecodingView;
  readonly #welcome = element("welcome", HTMLElement);
  readonly #coach = element("coach", HTMLElement);
  #frame: number | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setTimeout> | undefined;

  constructor({ client, canvas, tools, toolbox, film, strip, address, zoom, objects, takeAway }: Parts) {
    this.#client = client;
    this.#canvas = canvas;
    this.#tools = tools;
    this.#toolbox = toolbox;
    this.#film = film;
    this.#strip = strip;
    this.#address = address;
    this.#zoom = zoom;
    this.#objects = objects;
    this.#takeAway = takeAway;
    this.#status = new StatusView({
      retry: () => client.dispatch({ kind: "retry", atMs: performance.now() }),
      choose: () => element("file", HTMLInputElement).click(),
      dismiss: () => client.dispatch({ kind: "dismiss" }),
      begin: () => client.dispatch({ kind: "everything-begin", atMs: performance.now() }),
    });
    this.#everything = new EverythingView({
      onBegin: () => client.dispatch({ kind: "everything-begin", atMs: performance.now() }),
      onCancel: () => client.dispatch({ kind: "everything-cancel" }),
      onToggle: () => client.dispatch({ kind: "everything-toggle", atMs: performance.now() }),
      onSave: () => saveEverything(client.store.state.picture),
    });
    this.#decoding = new DecodingView({ onPrefer: (preference) => client.prefer(preference) });
    this.#mask = new MaskView({ onChoose: (index) => client.dispatch({ kind: "candidate", index }) });
  }

  invalidate(): void {
    clearTimeout(this.#later);
    const waitMs = answerIsNearMs(this.#client.store.state, performance.now());
    if (waitMs > 0) {
      this.#later = setTimeout(() => this.invalidate(), waitMs);
      return;
    }
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#render();
    });
  }

  #render(): void {
    const { state } = this.#client.store;
    // A new mask first: the words about it come with the next frame, which the note of when it was drawn asks for.
    if (this.#renderCanvas(state)) return;
    this.#status.render(state, performance.now());
    this.#tools.render(state);
    this.#toolbox.render(state);
    this.#everything.render(state, performance.now());
    this.#mask.render(state, this.#canvas.bitmap);
    this.#objects.render(state, this.#canvas.bitmap);
    this.#takeAway.render(state);
    this.#latency.render(state.latency);
    this.#decoding.render(this.#client.routing);
    this.#zoom.render(state);
    this.#strip.render(state);
    this.#address.render(state);
    this.#film.leaveOut(state.strip.map(({ name }) => name));
    clearTimeout(this.#tick);
    if (isPassing(state)) this.#tick = setTimeout(() => this.invalidate(), tickMs);
  }

  /** @returns whether a click's mask has been drawn for the first time. */
  #renderCanvas(state: State): boolean {
    const { picture, link, latency } = state;
    const canvas = element("canvas", HTMLCanvasElement);
    this.#welcome.hidden = picture.kind !== "empty";
    this.#coach.hidden = state.tools.tool !== "click" || !needsCoach(picture);
    setData(canvas, "connection", link.kind);
    setData(canvas, "state", picture.kind);
    this.#canvas.render(state);
    if (picture.kind === "empty") return false;
    setData(canvas, "tool", state.tools.tool);
    setData(canvas, "zoom", (state.viewport.scale * density()).toFixed(3));
    // For those who watch without seeing: what is on the canvas, in words.
    const shown = shownMask(picture);
    const { edit, photo } = picture;
    const overlay = overlayOf(picture);
    setData(canvas, "everything", picture.everything.kind);
    setData(canvas, "found", overlay?.found.length ?? 0);
    setData(canvas, "lit", overlay?.lit ?? 0);
    setData(canvas, "overlay", String(overlay !== undefined));
    setData(canvas, "imageId", photo.imageId ?? "");
    setData(canvas, "imageWidth", photo.width);
    setData(canvas, "imageHeight", photo.height);
    setData(canvas, "points", edit.present.prompts.points.length);
    setData(canvas, "painted", String(isPainted(edit.present.prompts)));
    setData(canvas, "picked", state.pointing.picked ?? "none");
    setData(canvas, "box", String(edit.present.prompts.box !== undefined));
    setData(canvas, "objects", edit.present.objects.filter(({ visible }) => visible).length);
    setData(canvas, "editing", edit.present.editing ?? 0);
    setData(canvas, "waiting", edit.waiting.length);
    setData(canvas, "maskLook", shown?.look ?? "none");
    setData(canvas, "maskArea", shown?.look === "final" ? shown.mask.area : 0);
    setData(canvas, "maskSequence", shown?.look === "final" ? shown.sequence : 0);
    setData(canvas, "maskCount", edit.present.answer?.masks.length ?? 0);
    setData(canvas, "asked", this.#client.store.state.nextSequence - 1);
    setData(canvas, "decoding", placeOf(this.#client.routing));
    setData(canvas, "previewArea", shown?.look === "preview" ? shown.mask.area : 0);
    if (latency === undefined || latency.drawMs !== undefined || latency.sequence !== shown?.sequence) return false;
    const drawMs = performance.now() - latency.answeredAtMs;
    this.#client.dispatch({ kind: "drawn", sequence: latency.sequence, drawMs });
    return true;
  }
}

function isPainted({ mask, marks = [] }: Prompts): boolean {
  return mask !== undefined || marks.length > 0;
}

/** Until the first click, and while nothing under the pointer speaks for itself. */
function needsCoach(picture: Picture): boolean {
  if (picture.kind === "empty" || picture.kind === "refused" || overlayOf(picture) !== undefined) return false;
  const { past, present, future, hover } = picture.edit;
  return past.length === 0 && future.length === 0 && !hasPrompts(present.prompts) && hover.shown === undefined;
}

/** Whether time alone changes what the words say. */
function isPassing({ picture, link }: State): boolean {
  if (picture.kind !== "empty" && picture.everything.kind === "finding") return true;
  if (picture.kind === "ready" && picture.edit.waiting.length > 0) return true;
  return link.kind === "waiting" || ["uploading", "queued", "encoding"].includes(picture.kind);
}
