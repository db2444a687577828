import type { Mask } from "../../proto/index.js";
import { colours } from "../canvas/colouring.js";
import { keysFor, withKeys } from "../keys/key-names.js";
import type { Acts } from "../keys/key-row.js";
import { listenToKeys } from "../keys/listen-to-keys.js";
import { isFiner } from "../state/finer.js";
import { nameOf } from "../state/objects.js";
import type { StatePort } from "../state/state-port.js";
import type { SceneObject } from "../state/work.js";
import { words } from "../words/words.js";
import { setText } from "./element.js";
import { cropAround, thumbnail } from "./thumbnail.js";

interface RowActions extends Pick<StatePort, "dispatch"> {
  readonly onRemove: (id: number) => void;
  /** @param moves the row itself, not only the focus. */
  readonly onStep: (id: number, by: 1 | -1, moves: boolean) => void;
}

/** Those that a button is not pressed with anyway. */
const rowKeys = keysFor(({ on, help }) => on === "row" && help !== "stepObjects" && help !== "chooseObject").join(" ");

const icons = {
  grip: "M7.5 5h.01M12.5 5h.01M7.5 10h.01M12.5 10h.01M7.5 15h.01M12.5 15h.01",
  pencil: "m4 16 .8-3.4L13 4.4l2.6 2.6-8.2 8.2L4 16Z",
  seen: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Zm7.5 2.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z",
  fine: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Zm4 9.5 4 4M9 6.5v5M6.5 9h5",
  unseen:
    "M3.5 3.5l13 13M8 5.3A8 8 0 0 1 10 5c5 0 7.5 5 7.5 5a12 12 0 0 1-2 2.6M5 7a11.6 11.6 0 0 0-2.5 3s2.5 5 7.5 5a8 8 0 0 0 3-.6",
};

/** One finished object: grip, colour, thumbnail and name, and whether it is to be seen. */
export class ObjectRow {
  readonly element = document.createElement("li");
  readonly #id: number;
  readonly #dispatch: StatePort["dispatch"];
  readonly #grip = iconButton("object-grip", icons.grip);
  readonly #swatch = button("object-swatch");
  readonly #pick = button("object-pick");
  readonly #picture = document.createElement("span");
  readonly #name = document.createElement("span");
  readonly #fine = icon(icons.fine);
  readonly #rename = iconButton("object-rename", icons.pencil);
  readonly #eye = iconButton("object-eye", icons.seen);
  #object: SceneObject | undefined;
  #mask: Mask | undefined;
  #colour = -1;

  constructor(id: number, { dispatch, onRemove, onStep }: RowActions) {
    this.#id = id;
    this.#dispatch = dispatch;
    this.element.className = "object";
    this.element.dataset.id = String(id);
    this.#picture.className = "object-picture";
    this.#name.className = "object-name";
    this.#fine.classList.add("object-fine");
    this.#pick.append(this.#picture, this.#name, this.#fine);
    this.#pick.setAttribute("aria-pressed", "false");
    this.#pick.setAttribute("aria-keyshortcuts", rowKeys);
    this.element.append(this.#grip, this.#swatch, this.#pick, this.#rename, this.#eye);
    const acts: Acts["row"] = {
      step: (by) => onStep(id, by, false),
      move: (by) => onStep(id, by, true),
      rename: () => this.#beginRename(),
      remove: () => onRemove(id),
    };
    this.#pick.addEventListener("click", () => dispatch({ kind: "object-selected", id }));
    this.#pick.addEventListener("dblclick", () => this.#beginRename());
    this.#rename.addEventListener("click", () => this.#beginRename());
    this.#swatch.addEventListener("click", () => {
      if (this.#object === undefined) return;
      dispatch({ kind: "object-recoloured", id, colour: (this.#object.colour + 1) % colours.length });
    });
    this.#eye.addEventListener("click", () => {
      if (this.#object !== undefined) dispatch({ kind: "object-shown", id, visible: !this.#object.visible });
    });
    listenToKeys(this.#grip, "row", { ...acts, step: acts.move });
    listenToKeys(this.element, "row", acts);
  }

  set isSelected(is: boolean) {
    this.#pick.setAttribute("aria-pressed", String(is));
    this.element.dataset.selected = String(is);
  }

  focus(): void {
    this.#pick.focus();
  }

  render(
    object: SceneObject,
    { mask, bitmap, isEdited }: { mask: Mask | undefined; bitmap: ImageBitmap | undefined; isEdited: boolean },
  ): void {
    this.element.dataset.edited = String(isEdited);
    if (object === this.#object) return;
    this.#object = object;
    const name = nameOf(object);
    setText(this.#name, name);
    this.#grip.setAttribute("aria-label", words.objects.move(name));
    this.#grip.title = words.objects.moveTitle;
    this.#swatch.setAttribute("aria-label", words.objects.recolour(name));
    this.#swatch.title = words.objects.recolourTitle;
    this.#rename.setAttribute("aria-label", words.objects.rename(name));
    this.#rename.title = withKeys(words.objects.renameTitle, "renameObject");
    const eye = object.visible ? words.objects.hide(name) : words.objects.show(name);
    this.#eye.setAttribute("aria-label", eye);
    this.#eye.title = object.visible ? words.objects.hideTitle : words.objects.showTitle;
    this.#eye.querySelector("path")?.setAttribute("d", object.visible ? icons.seen : icons.unseen);
    this.element.dataset.visible = String(object.visible);
    const isFine = isFiner(object.answer);
    this.#fine.toggleAttribute("hidden", !isFine);
    this.#pick.title = isFine ? words.page.madeFiner : "";
    const colour = colours[object.colour] ?? colours[0];
    this.element.style.setProperty("--object", colour);
    if (mask !== undefined && (mask !== this.#mask || object.colour !== this.#colour)) {
      this.#picture.replaceChildren(thumbnail(mask, cropAround([mask]), bitmap, colour));
    }
    this.#mask = mask;
    this.#colour = object.colour;
  }

  #beginRename(): void {
    const object = this.#object;
    if (object === undefined || this.element.querySelector("input") !== null) return;
    const input = document.createElement("input");
    input.className = "object-input";
    input.value = object.name ?? "";
    input.placeholder = nameOf({ ...object, name: undefined });
    input.maxLength = 80;
    input.setAttribute("aria-label", words.objects.nameOf(nameOf(object)));
    let isDone = false;
    const end = (keeps: boolean, hadFocus: boolean) => {
      if (isDone) return;
      isDone = true;
      this.#pick.hidden = false;
      input.remove();
      if (keeps) this.#dispatch({ kind: "object-renamed", id: this.#id, name: input.value });
      if (hadFocus) this.focus();
    };
    input.addEventListener("keydown", (event) => {
      // Letters here are a name and no tools; a composition's Enter is the input method's.
      event.stopPropagation();
      if (event.isComposing) return;
      if (event.key === "Enter") end(true, true);
      else if (event.key === "Escape") end(false, true);
    });
    input.addEventListener("blur", () => end(true, false));
    this.#pick.hidden = true;
    this.#pick.after(input);
    input.focus();
    input.select();
  }
}

function button(className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  return made;
}

function iconButton(className: string, path: string): HTMLButtonElement {
  const made = button(className);
  made.append(icon(path));
  return made;
}

function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
