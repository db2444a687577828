import { countOf } from "../state/describe-everything.js";
import { isAble, modelInUse } from "../state/models.js";
import { overlayOf, type State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import { saveEverything } from "./save-everything.js";

/** Everything mode's buttons: begin, cancel, to the masks and back, take them home. */
export class EverythingView implements View {
  readonly #count = element("everything-count", HTMLElement);
  readonly #begin = element("everything-begin", HTMLButtonElement);
  readonly #beginText = element("everything-begin-text", HTMLElement);
  readonly #beginKey = element("everything-begin-key", HTMLElement);
  readonly #cancel = element("everything-cancel", HTMLButtonElement);
  readonly #toggle = element("everything-toggle", HTMLButtonElement);
  readonly #takeAll = element("everything-take-all", HTMLButtonElement);
  readonly #save = element("everything-save", HTMLButtonElement);
  readonly #hints = element("hints", HTMLElement);
  readonly #overlayHints = element("hints-overlay", HTMLElement);
  readonly #escape = element("hints-escape", HTMLElement);
  readonly #canvas = element("canvas", HTMLCanvasElement);

  constructor(port: StatePort) {
    const { dispatch } = port;
    const atMs = () => performance.now();
    // What comes next happens on the picture, and a button that goes would take the focus with it.
    const thenPicture = (act: () => void) => () => {
      act();
      this.#canvas.focus();
    };
    this.#begin.addEventListener(
      "click",
      thenPicture(() => dispatch({ kind: "everything-begin", atMs: atMs() })),
    );
    this.#cancel.addEventListener(
      "click",
      thenPicture(() => dispatch({ kind: "everything-cancel" })),
    );
    this.#toggle.addEventListener(
      "click",
      thenPicture(() => dispatch({ kind: "everything-toggle", atMs: atMs() })),
    );
    this.#takeAll.addEventListener(
      "click",
      thenPicture(() => dispatch({ kind: "everything-take-all" })),
    );
    this.#save.addEventListener("click", () => saveEverything(port.state.picture));
  }

  parts({ picture, models }: State): readonly unknown[] {
    return [picture.kind, models, picture.kind === "empty" || picture.everything];
  }

  isPassing({ picture }: State): boolean {
    return picture.kind !== "empty" && picture.everything.kind === "finding";
  }

  render(state: State, nowMs: number): void {
    const { picture } = state;
    const everything = picture.kind === "empty" ? undefined : picture.everything;
    const kind = everything?.kind ?? "off";
    const overlay = overlayOf(picture);
    const found = everything === undefined || everything.kind === "off" ? 0 : everything.found.length;
    const isBusy = kind === "wanted" || kind === "finding";
    const byWords = everything !== undefined && everything.kind !== "off" && everything.words !== undefined;
    const again = !byWords && (kind === "cancelled" || kind === "failed" || (kind === "done" && found === 0));

    this.#count.hidden = kind === "off";
    setText(this.#count, everything === undefined ? "" : countOf(everything, nowMs));
    this.#begin.hidden = kind !== "off" && !again && (!byWords || isBusy);
    this.#begin.disabled =
      picture.kind === "empty" || picture.kind === "refused" || !isAble(modelInUse(state), "points");
    setText(this.#beginText, again ? words.everything.again : words.everything.begin);
    // The key goes to what was found, once there is something.
    this.#beginKey.hidden = again;
    this.#cancel.hidden = !isBusy;
    this.#toggle.hidden = kind === "off" || kind === "wanted" || (overlay === undefined && found === 0);
    setText(this.#toggle, overlay === undefined ? words.everything.show(found) : words.everything.back);
    this.#save.hidden = isBusy || found === 0;
    this.#takeAll.hidden = isBusy || !byWords || overlay === undefined || found === 0;
    setText(this.#takeAll, words.byWords.takeAll(found));

    this.#hints.hidden = overlay !== undefined;
    this.#overlayHints.hidden = overlay === undefined;
    setText(this.#escape, isBusy ? words.everything.escapeCancels : words.everything.escapeGoesBack);
    const label = overlay === undefined ? words.page.canvas : words.page.canvasOverlay;
    if (this.#canvas.getAttribute("aria-label") !== label) this.#canvas.setAttribute("aria-label", label);
  }
}
