import type { State } from "../state/state.js";
import type { FileMaker } from "../take-away/file-maker.js";
import { canCopy, type Format, formats, type Job, type TakenFile } from "../take-away/take-away-job.js";
import { jobObjects, type Targets, targetsOf } from "../take-away/targets.js";
import { words } from "../words/words.js";
import { download } from "./download.js";
import { element, setText } from "./element.js";

interface TakeAwaySources {
  readonly state: () => State;
  readonly bitmap: () => ImageBitmap | undefined;
  readonly files: FileMaker;
  readonly onProblem: (message: string) => void;
}

const formatKey = "maskwire-format";
const doneMs = 1_600;

/** Takes objects home: one button, with a choice of formats that it remembers. */
export class TakeAwayView {
  readonly #sources: TakeAwaySources;
  readonly #format = element("take-format", HTMLSelectElement);
  readonly #hint = element("take-hint", HTMLElement);
  readonly #one = element("take-one", HTMLButtonElement);
  readonly #oneText = element("take-one-text", HTMLElement);
  readonly #all = element("take-all", HTMLButtonElement);
  readonly #copy = element("take-copy", HTMLButtonElement);
  #targets: Targets = { one: undefined, all: [] };
  #isBusy = false;

  constructor(sources: TakeAwaySources) {
    this.#sources = sources;
    this.#format.replaceChildren(
      ...formats.map((format) => {
        const option = document.createElement("option");
        option.value = format;
        option.textContent = words.takeAway.formats[format].name;
        return option;
      }),
    );
    this.#format.value = rememberedFormat();
    this.#format.addEventListener("change", () => {
      rememberFormat(this.format);
      this.#renderFormat();
    });
    this.#format.addEventListener("keydown", (event) => {
      // Letters find a format here, and are no tools.
      if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation();
    });
    this.#one.addEventListener("click", () => this.#take("one"));
    this.#all.addEventListener("click", () => this.#take("all"));
    this.#copy.addEventListener("click", () => this.#copyOne());
    this.#renderFormat();
  }

  get format(): Format {
    return formats.find((format) => format === this.#format.value) ?? "cutout";
  }

  render(state: State): void {
    this.#targets = targetsOf(state);
    this.#renderButtons();
  }

  #renderFormat(): void {
    setText(this.#hint, words.takeAway.formats[this.format].hint);
    this.#renderButtons();
  }

  #renderButtons(): void {
    const { one, all } = this.#targets;
    this.#one.disabled = one === undefined || this.#isBusy;
    this.#one.setAttribute("aria-busy", String(this.#isBusy));
    setText(this.#oneText, this.#isBusy ? words.takeAway.making : words.takeAway.download);
    this.#one.title = one === undefined ? words.takeAway.nothing : words.takeAway.downloadTitle(one.name);
    this.#all.hidden = all.length < 2;
    this.#all.disabled = this.#isBusy;
    setText(this.#all, words.takeAway.all(all.length));
    this.#all.title = words.takeAway.allTitle(all.length);
    this.#copy.disabled = one === undefined || this.#isBusy || !canCopy(this.format);
  }

  #take(what: "one" | "all"): void {
    const making = this.#make(what);
    if (making === undefined) return;
    this.#during(making.then(({ blob, name }) => download(blob, name)));
  }

  #copyOne(): void {
    const making = this.#make("one");
    if (making === undefined) return;
    // Browsers open the clipboard to secure pages only; a file is the next best.
    const done =
      globalThis.isSecureContext && "ClipboardItem" in globalThis
        ? navigator.clipboard.write([clipboardItem(this.format, making)]).then(() => this.#sayCopied())
        : making.then(({ blob, name }) => download(blob, name));
    this.#during(done);
  }

  #make(what: "one" | "all"): Promise<TakenFile> | undefined {
    const { picture } = this.#sources.state();
    const bitmap = this.#sources.bitmap();
    const { one, all } = this.#targets;
    const targets = what === "all" ? all : one === undefined ? [] : [one];
    if (picture.kind === "empty" || bitmap === undefined || targets.length === 0) return undefined;
    const { imageId = "", name, width, height } = picture.photo;
    const job: Job = {
      format: this.format,
      picture: { imageId, name, width, height },
      objects: jobObjects(targets),
    };
    return this.#sources.files.make(job, bitmap);
  }

  #during(work: Promise<void>): void {
    this.#isBusy = true;
    this.#renderButtons();
    work
      .catch(() => this.#sources.onProblem(words.problems.notTaken))
      .finally(() => {
        this.#isBusy = false;
        this.#renderButtons();
      });
  }

  #sayCopied(): void {
    setText(this.#copy, words.mask.copied);
    setTimeout(() => setText(this.#copy, words.page.copy), doneMs);
  }
}

/** Begun within the click, as browsers want it; the content may come later. */
function clipboardItem(format: Format, making: Promise<TakenFile>): ClipboardItem {
  const isPicture = format === "cutout" || format === "mask";
  const blob = making.then(({ blob: made }) => (isPicture ? made : new Blob([made], { type: "text/plain" })));
  return new ClipboardItem({ [isPicture ? "image/png" : "text/plain"]: blob });
}

function rememberedFormat(): Format {
  try {
    const stored = localStorage.getItem(formatKey);
    return formats.find((format) => format === stored) ?? "cutout";
  } catch {
    // A page without storage has no memory of a choice.
    return "cutout";
  }
}

function rememberFormat(format: Format): void {
  try {
    localStorage.setItem(formatKey, format);
  } catch {
    // As above.
  }
}
