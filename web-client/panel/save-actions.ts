import { create } from "@bufbuild/protobuf";
import { ImageInfoSchema, type Mask, sa1bRecord } from "../../proto/index.js";
import type { Client } from "../client.js";
import { shownAnswer } from "../state/edit.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import { cutOut, download, maskPicture, rleJson, saveName } from "./save.js";

const copiedMs = 1_600;

/** Every mask that was found, as the SA-1B data set writes them. */
export function saveEverything(client: Client): void {
  const { picture } = client.store.state;
  if (picture.kind === "empty" || picture.everything.kind === "off") return;
  const { imageId = "", width, height, name } = picture.photo;
  const annotations = picture.everything.found.toSorted((a, b) => a.id - b.id);
  const record = sa1bRecord(create(ImageInfoSchema, { imageId, width, height }), name, annotations);
  download(new Blob([JSON.stringify(record)], { type: "application/json" }), saveName(name, "everything.json"));
}

/** The buttons that take the mask home. */
export function listenForSaves(client: Client): void {
  const chosen = (): { mask: Mask; name: string } | undefined => {
    const { picture } = client.store.state;
    if (picture.kind === "empty") return undefined;
    const answer = shownAnswer(picture.edit)?.answer;
    const mask = answer?.masks[answer.chosen];
    return mask && { mask, name: picture.photo.name };
  };
  const onClick = (id: string, act: (mask: Mask, name: string, button: HTMLButtonElement) => Promise<void>) => {
    const button = element(id, HTMLButtonElement);
    button.addEventListener("click", () => {
      const what = chosen();
      if (what === undefined) return;
      act(what.mask, what.name, button).catch(() => {
        client.dispatch({ kind: "notice", message: words.problems.notAllowed });
      });
    });
  };

  onClick("save-cutout", async (mask, name) => {
    const { bitmap } = client.view;
    if (bitmap !== undefined) download(await cutOut(bitmap, mask), saveName(name, "cutout.png"));
  });
  onClick("save-mask", async (mask, name) => {
    download(await maskPicture(mask), saveName(name, "mask.png"));
  });
  onClick("copy-rle", async (mask, name, button) => {
    // Browsers open the clipboard to secure pages only; a file is the next best.
    if (!globalThis.isSecureContext) {
      download(new Blob([rleJson(mask)], { type: "application/json" }), saveName(name, "rle.json"));
      return;
    }
    await navigator.clipboard.writeText(rleJson(mask));
    setText(button, words.mask.copied);
    setTimeout(() => setText(button, words.page.copyRle), copiedMs);
  });
}
