import { pageGateway } from "../access/bearer.js";
import { type KnownWords, knownWords } from "../sdk/http/known-words.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { element, setText } from "./element.js";

/** The field for words: what is looked for in the picture, with what is known to be found. */
export class WordsView implements View {
  readonly #field = element("words", HTMLInputElement);
  readonly #find = element("words-find", HTMLButtonElement);
  readonly #hint = element("words-hint", HTMLElement);
  readonly #known = element("words-known", HTMLDataListElement);
  readonly #canvas = element("canvas", HTMLCanvasElement);
  #asking = false;

  constructor({ dispatch }: StatePort) {
    this.#field.addEventListener("focus", () => void this.#suggest());
    element("words-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#field.value.trim() === "" || this.#find.disabled) return;
      dispatch({ kind: "words-asked", words: this.#field.value, atMs: performance.now() });
      // What is found is gone through on the picture.
      this.#canvas.focus();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#canvas.focus();
      // Letters are text here.
      event.stopPropagation();
    });
  }

  parts({ picture }: State): readonly unknown[] {
    return [picture.kind];
  }

  render({ picture }: State): void {
    this.#find.disabled = picture.kind === "empty" || picture.kind === "refused";
  }

  /** Asked anew each time the field is gone to: a detector may have been installed meanwhile. */
  async #suggest(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#show(await knownWords(pageGateway));
    } catch {
      // Words can be asked for without suggestions; what is wrong, the answer says.
    } finally {
      this.#asking = false;
    }
  }

  #show({ words, advice }: KnownWords): void {
    setText(this.#hint, advice ?? "");
    this.#known.replaceChildren(
      ...words.map((word) => {
        const option = document.createElement("option");
        option.value = word;
        return option;
      }),
    );
  }
}
