import type { Sample } from "../state/page.js";
import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { element } from "./element.js";

/** The samples, after the pictures of the strip. */
export class FilmView implements View {
  readonly #list = element("samples", HTMLUListElement);
  readonly #onChoose: (sample: Sample) => void;
  #samples: readonly Sample[] = [];

  constructor({ onChoose }: { onChoose: (sample: Sample) => void }) {
    this.#onChoose = onChoose;
  }

  parts({ page, strip }: State): readonly unknown[] {
    return [page.samples, ...strip.map(({ name }) => name)];
  }

  render({ page: { samples }, strip }: State): void {
    if (samples !== this.#samples) {
      this.#samples = samples;
      this.#list.replaceChildren(...samples.map((sample) => this.#entry(sample)));
    }
    // One that is in the strip already is not offered again.
    [...this.#list.children].forEach((entry, at) => {
      if (entry instanceof HTMLElement) entry.hidden = strip.some(({ name }) => name === samples[at]?.title);
    });
  }

  #entry(sample: Sample): HTMLLIElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sample";
    button.title = sample.title;
    const thumbnail = document.createElement("img");
    thumbnail.src = sample.thumbnailUrl;
    thumbnail.alt = sample.title;
    thumbnail.decoding = "async";
    button.append(thumbnail);
    button.addEventListener("click", () => this.#onChoose(sample));
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }
}
