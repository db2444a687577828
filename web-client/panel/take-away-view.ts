import { formats } from "../state/page.js";
import { pictureParts } from "../state/picture-parts.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { rememberFormat } from "../take-away/remembered-format.js";
import { canCopy } from "../take-away/take-away-job.js";
import { targetsOf } from "../take-away/targets.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import type { TakeFiles } from "./take-files.js";

/** Takes objects home: one button, with a choice of formats that it remembers. */
export class TakeAwayView implements View {
  readonly #format = element("take-format", HTMLSelectElement);
  readonly #hint = element("take-hint", HTMLElement);
  readonly #one = element("take-one", HTMLButtonElement);
  readonly #oneText = element("take-one-text", HTMLElement);
  readonly #all = element("take-all", HTMLButtonElement);
  readonly #copy = element("take-copy", HTMLButtonElement);

  constructor({ dispatch }: StatePort, files: TakeFiles) {
    this.#format.replaceChildren(...formats.map((format) => new Option(words.takeAway.formats[format].name, format)));
    this.#format.addEventListener("change", () => {
      const format = formats.find((one) => one === this.#format.value);
      if (format === undefined) return;
      rememberFormat(format);
      dispatch({ kind: "format-chosen", format });
    });
    this.#one.addEventListener("click", () => files.save("one"));
    this.#all.addEventListener("click", () => files.save("all"));
    this.#copy.addEventListener("click", () => files.copy());
  }

  parts({ picture, selection, page }: State): readonly unknown[] {
    return [page.takeAway, selection, ...pictureParts(picture)];
  }

  render(state: State): void {
    const { one, all } = targetsOf(state);
    const { format, isBusy, isCopied } = state.page.takeAway;
    this.#format.value = format;
    setText(this.#hint, words.takeAway.formats[format].hint);
    this.#one.disabled = one === undefined || isBusy;
    this.#one.setAttribute("aria-busy", String(isBusy));
    setText(this.#oneText, isBusy ? words.takeAway.making : words.takeAway.download);
    this.#one.title = one === undefined ? words.takeAway.nothing : words.takeAway.downloadTitle(one.name);
    this.#all.hidden = all.length < 2;
    this.#all.disabled = isBusy;
    setText(this.#all, words.takeAway.all(all.length));
    this.#all.title = words.takeAway.allTitle(all.length);
    this.#copy.disabled = one === undefined || isBusy || !canCopy(format);
    setText(this.#copy, isCopied ? words.mask.copied : words.page.copy);
  }
}
