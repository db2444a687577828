import type { Mask } from "../../proto/index.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
import { shownAnswer } from "../state/edit.js";
import { isFiner } from "../state/finer.js";
import { percent } from "../state/numbers.js";
import { overlayOf, type State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import type { Answer } from "../state/work.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import { cropAround, thumbnail } from "./thumbnail.js";

/** The candidates with their thumbnails, and what is known of the chosen one. */
export class MaskView implements View {
  readonly #none = element("mask-none", HTMLElement);
  readonly #candidates = element("candidates", HTMLElement);
  readonly #facts = element("facts", HTMLElement);
  readonly #score = element("score", HTMLElement);
  readonly #stability = element("stability", HTMLElement);
  readonly #area = element("area", HTMLElement);
  readonly #fine = element("fine", HTMLElement);
  readonly #port: StatePort;
  readonly #bitmap: () => ImageBitmap | undefined;
  #masks: readonly Mask[] | undefined;

  /** @param bitmap the pixels of the picture on the canvas. */
  constructor(port: StatePort, bitmap: () => ImageBitmap | undefined) {
    this.#port = port;
    this.#bitmap = bitmap;
    // The keys of a radio group.
    listenToKeys(this.#candidates, "candidates", { step: (by) => this.#step(by) }, () => this.#at() >= 0);
  }

  parts({ picture }: State): readonly unknown[] {
    return picture.kind === "empty" ? [] : [picture.everything, picture.edit.present, picture.edit.past];
  }

  render({ picture }: State): void {
    const overlay = overlayOf(picture);
    const shown = picture.kind === "empty" || overlay !== undefined ? undefined : shownAnswer(picture.edit);
    const answer = shown?.answer;
    const mask = overlay?.found.find(({ id }) => id === overlay.lit)?.mask ?? answer?.masks[answer.chosen];
    setText(this.#none, overlay === undefined ? words.mask.none : words.mask.noneOverlay);
    this.#none.hidden = mask !== undefined;
    this.#facts.hidden = mask === undefined;
    this.#fine.hidden = answer === undefined || !isFiner(answer);
    this.#renderCandidates(answer);
    if (mask === undefined) return;
    setText(this.#score, percent(mask.predictedIou));
    setText(this.#stability, percent(mask.stabilityScore));
    setText(this.#area, words.mask.pixels(mask.area));
  }

  #renderCandidates(answer: Answer | undefined): void {
    this.#candidates.hidden = (answer?.masks.length ?? 0) < 2;
    if (answer === undefined || answer.masks.length < 2) {
      this.#masks = undefined;
      this.#candidates.replaceChildren();
      return;
    }
    if (answer.masks !== this.#masks) {
      this.#masks = answer.masks;
      const hadFocus = this.#candidates.contains(document.activeElement);
      const crop = cropAround(answer.masks);
      this.#candidates.replaceChildren(
        ...answer.masks.map((mask, index) => this.#candidate(mask, index, thumbnail(mask, crop, this.#bitmap()))),
      );
      if (hadFocus) this.#focus(answer.chosen);
    }
    [...this.#candidates.children].forEach((button, index) => {
      button.setAttribute("aria-checked", String(index === answer.chosen));
      button.setAttribute("tabindex", index === answer.chosen ? "0" : "-1");
    });
  }

  #candidate(mask: Mask, index: number, picture: HTMLCanvasElement): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "candidate";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", words.mask.candidate(index + 1, percent(mask.predictedIou)));
    button.title = words.mask.candidateTitle(index + 1);
    const score = document.createElement("span");
    score.textContent = percent(mask.predictedIou);
    button.append(picture, score);
    button.addEventListener("click", () => this.#choose(index));
    return button;
  }

  #choose(index: number): void {
    this.#port.dispatch({ kind: "candidate", index });
  }

  #at(): number {
    const buttons: (Element | null)[] = [...this.#candidates.children];
    return buttons.indexOf(document.activeElement);
  }

  #step(by: 1 | -1): void {
    const count = this.#candidates.children.length;
    const next = (this.#at() + by + count) % count;
    this.#choose(next);
    this.#focus(next);
  }

  #focus(index: number): void {
    const button = this.#candidates.children[index];
    if (button instanceof HTMLElement) button.focus();
  }
}
