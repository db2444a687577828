import type { Format } from "../state/page.js";
import type { StatePort } from "../state/state-port.js";
import type { FileMaker } from "../take-away/file-maker.js";
import type { TakenFile } from "../take-away/take-away-job.js";
import { jobObjects, targetsOf } from "../take-away/targets.js";
import { words } from "../words/words.js";
import { download } from "./download.js";

const copiedMs = 1_600;

/** Makes files of objects and hands them to the browser: its downloads, or its clipboard. */
export class TakeFiles {
  readonly #port: StatePort;
  readonly #files: FileMaker;
  readonly #bitmap: () => ImageBitmap | undefined;

  /** @param bitmap the pixels of the picture on the canvas. */
  constructor(port: StatePort, files: FileMaker, bitmap: () => ImageBitmap | undefined) {
    this.#port = port;
    this.#files = files;
    this.#bitmap = bitmap;
  }

  /** The object that is meant, or all that are to be seen. */
  save(what: "one" | "all"): void {
    const making = this.#make(what);
    if (making !== undefined) this.#during(making.then(({ blob, name }) => download(blob, name)));
  }

  copy(): void {
    const making = this.#make("one");
    if (making === undefined) return;
    // Browsers open the clipboard to secure pages only; a file is the next best.
    const done =
      globalThis.isSecureContext && "ClipboardItem" in globalThis
        ? navigator.clipboard
            .write([clipboardItem(this.#port.state.page.takeAway.format, making)])
            .then(() => this.#tellCopied())
        : making.then(({ blob, name }) => download(blob, name));
    this.#during(done);
  }

  #make(what: "one" | "all"): Promise<TakenFile> | undefined {
    const { state } = this.#port;
    const { picture } = state;
    const bitmap = this.#bitmap();
    const { one, all } = targetsOf(state);
    const targets = what === "all" ? all : one === undefined ? [] : [one];
    if (picture.kind === "empty" || bitmap === undefined || targets.length === 0) return undefined;
    const { imageId = "", name, width, height } = picture.info;
    const { format } = state.page.takeAway;
    return this.#files.make(
      { format, picture: { imageId, name, width, height }, objects: jobObjects(targets) },
      bitmap,
    );
  }

  #during(work: Promise<void>): void {
    const { dispatch } = this.#port;
    dispatch({ kind: "taking", isBusy: true });
    work
      .catch(() => dispatch({ kind: "notice", message: words.problems.notTaken }))
      .finally(() => dispatch({ kind: "taking", isBusy: false }));
  }

  #tellCopied(): void {
    const { dispatch } = this.#port;
    dispatch({ kind: "copied", isCopied: true });
    setTimeout(() => dispatch({ kind: "copied", isCopied: false }), copiedMs);
  }
}

/** Begun within the click, as browsers want it; the content may come later. */
function clipboardItem(format: Format, making: Promise<TakenFile>): ClipboardItem {
  const isPicture = format === "cutout" || format === "mask";
  const blob = making.then(({ blob: made }) => (isPicture ? made : new Blob([made], { type: "text/plain" })));
  return new ClipboardItem({ [isPicture ? "image/png" : "text/plain"]: blob });
}
