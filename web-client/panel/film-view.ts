import type { Sample } from "../samples.js";
import { element } from "./element.js";

/** The row of samples below the picture. */
export class FilmView {
  readonly #list = element("samples", HTMLUListElement);

  show(samples: readonly Sample[], onChoose: (sample: Sample) => void): void {
    this.#list.replaceChildren(
      ...samples.map((sample) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sample";
        button.title = sample.title;
        button.dataset.testid = `sample-${sample.name}`;
        const image = document.createElement("img");
        image.src = sample.thumbnailUrl;
        image.alt = sample.title;
        image.decoding = "async";
        button.append(image);
        button.addEventListener("click", () => onChoose(sample));
        const entry = document.createElement("li");
        entry.append(button);
        return entry;
      }),
    );
  }

  /** Marks the sample that is on the canvas, if one is. */
  mark(title: string | undefined): void {
    for (const button of this.#list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.title === title));
    }
  }
}
