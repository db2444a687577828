import type { Sample } from "../pictures/samples.js";
import { element } from "./element.js";

/** The samples, after the photos of the strip. */
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

  /** A sample that is in the strip already is not offered again. */
  leaveOut(titles: readonly string[]): void {
    for (const button of this.#list.querySelectorAll("button")) {
      const entry = button.closest("li");
      if (entry !== null) entry.hidden = titles.includes(button.title);
    }
  }
}
