import type { Mask, MaskOperation } from "../../proto/index.js";
import { canKeep, maskOfObject, nameOf } from "../state/objects.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import type { SceneObject } from "../state/work.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import { ObjectRow } from "./object-row.js";
import { listenToRowDrag } from "./row-drag.js";

/** The finished objects of the picture, the topmost first, and what can be done to one or two of them. */
export class ObjectsView implements View {
  readonly #port: StatePort;
  readonly #bitmap: () => ImageBitmap | undefined;
  readonly #keep = element("keep", HTMLButtonElement);
  readonly #keepText = element("keep-text", HTMLElement);
  readonly #count = element("objects-count", HTMLElement);
  readonly #none = element("objects-none", HTMLElement);
  readonly #list = element("objects-list", HTMLUListElement);
  readonly #tools = element("objects-tools", HTMLElement);
  readonly #edit = element("object-edit", HTMLButtonElement);
  readonly #merge = element("objects-merge", HTMLButtonElement);
  readonly #subtract = element("objects-subtract", HTMLButtonElement);
  readonly #remove = element("object-remove", HTMLButtonElement);
  readonly #said = element("objects-said", HTMLElement);
  readonly #rows = new Map<number, ObjectRow>();
  readonly #drag: { readonly isActive: () => boolean };
  /** A drag has moved rows: they are put in order again even when it was undone before it was drawn. */
  #isMoved = false;
  #objects: readonly SceneObject[] = [];
  #token: number | undefined;
  #editing: number | undefined;

  /** @param bitmap the pixels of the picture on the canvas. */
  constructor(port: StatePort, bitmap: () => ImageBitmap | undefined) {
    this.#port = port;
    this.#bitmap = bitmap;
    const { dispatch } = port;
    this.#keep.addEventListener("click", () => dispatch({ kind: "object-kept" }));
    this.#edit.addEventListener("click", () => {
      const [id] = port.state.selection;
      if (id === undefined) return;
      dispatch({ kind: "object-edited", id });
      element("canvas", HTMLCanvasElement).focus();
    });
    this.#remove.addEventListener("click", () => {
      for (const id of port.state.selection) this.#removed(id);
    });
    this.#merge.addEventListener("click", () => this.#combine("union"));
    this.#subtract.addEventListener("click", () => this.#combine("difference"));
    this.#drag = listenToRowDrag(this.#list, {
      onDrop: (id, place) => {
        this.#isMoved = true;
        dispatch({ kind: "object-moved", id, to: this.#objects.length - 1 - place });
      },
      onGivenUp: () => this.#order(),
    });
  }

  parts({ picture, selection }: State): readonly unknown[] {
    if (picture.kind === "empty") return [selection];
    // A drag that was undone before it was drawn has changed the rows and not the objects.
    return [selection, picture.info.token, picture.edit.present, picture.everything, this.#isMoved];
  }

  render(state: State): void {
    const { picture } = state;
    const present = picture.kind === "empty" ? undefined : picture.edit.present;
    this.#keep.disabled = !canKeep(state);
    setText(this.#keepText, present?.editing === undefined ? words.objects.keep : words.objects.keepChanges);

    const token = picture.kind === "empty" ? undefined : picture.info.token;
    const objects = present?.objects ?? [];
    const isOther = token !== this.#token;
    this.#token = token;
    if (isOther) {
      this.#said.textContent = "";
      for (const row of this.#rows.values()) row.element.remove();
      this.#rows.clear();
    }
    if (isOther || objects !== this.#objects || present?.editing !== this.#editing || this.#isMoved) {
      this.#isMoved = false;
      if (!isOther) this.#say(this.#objects, objects);
      this.#objects = objects;
      this.#editing = present?.editing;
      this.#renderRows();
    }
    for (const [id, row] of this.#rows) row.isSelected = state.selection.includes(id);
    this.#renderTools(state.selection);
  }

  #renderRows(): void {
    const bitmap = this.#bitmap();
    const count = this.#objects.length;
    this.#none.hidden = count > 0;
    this.#list.hidden = count === 0;
    this.#tools.hidden = count === 0;
    setText(this.#count, count === 0 ? "" : String(count));
    const gone = new Set(this.#rows.keys());
    for (const object of this.#objects) {
      gone.delete(object.id);
      const mask: Mask | undefined = maskOfObject(object);
      let row = this.#rows.get(object.id);
      if (row === undefined) {
        row = new ObjectRow(object.id, {
          dispatch: this.#port.dispatch,
          onRemove: (id) => this.#removed(id),
          onStep: (id, by, moves) => this.#step(id, by, moves),
        });
        this.#rows.set(object.id, row);
      }
      row.render(object, { mask, bitmap, isEdited: object.id === this.#editing });
    }
    for (const id of gone) {
      this.#rows.get(id)?.element.remove();
      this.#rows.delete(id);
    }
    if (!this.#drag.isActive()) this.#order();
  }

  /** Puts the rows into the order of the objects; one that is in its place keeps the focus. */
  #order(): void {
    const wanted = this.#objects.toReversed().flatMap(({ id }) => this.#rows.get(id)?.element ?? []);
    if (wanted.every((row, at) => row === this.#list.children[at]) && wanted.length === this.#list.children.length) {
      return;
    }
    const focused = document.activeElement;
    const hadFocus = this.#list.contains(focused);
    this.#list.replaceChildren(...wanted);
    if (hadFocus && focused instanceof HTMLElement) focused.focus();
  }

  #renderTools(selection: readonly number[]): void {
    const [first, second] = selection.map((id) => this.#objects.find((object) => object.id === id));
    const isPair = first !== undefined && second !== undefined;
    const isFree = this.#editing === undefined || !selection.includes(this.#editing);
    this.#edit.disabled = first === undefined || isPair || !isFree;
    this.#remove.disabled = first === undefined;
    this.#merge.disabled = !isPair || !isFree;
    this.#subtract.disabled = !isPair || !isFree;
    this.#merge.title = isPair ? words.objects.mergeTitle(nameOf(first), nameOf(second)) : words.objects.chooseTwo;
    this.#subtract.title = isPair
      ? words.objects.subtractTitle(nameOf(first), nameOf(second))
      : words.objects.chooseTwo;
  }

  /** To the row above or below; or the row itself goes there. */
  #step(id: number, by: 1 | -1, moves: boolean): void {
    const shown = this.#objects.toReversed();
    const at = shown.findIndex((object) => object.id === id);
    const next = shown[at + by];
    if (next === undefined) return;
    if (moves) this.#port.dispatch({ kind: "object-moved", id, to: this.#objects.length - 1 - (at + by) });
    else this.#rows.get(next.id)?.focus();
  }

  #removed(id: number): void {
    const shown = this.#objects.toReversed();
    const at = shown.findIndex((object) => object.id === id);
    const neighbour = shown[at + 1] ?? shown[at - 1];
    this.#port.dispatch({ kind: "object-removed", id });
    if (neighbour !== undefined) this.#rows.get(neighbour.id)?.focus();
    else element("canvas", HTMLCanvasElement).focus();
  }

  #combine(operation: MaskOperation): void {
    const [id, otherId] = this.#port.state.selection;
    if (id !== undefined && otherId !== undefined) {
      this.#port.dispatch({ kind: "objects-combined", id, otherId, operation });
    }
  }

  #say(before: readonly SceneObject[], after: readonly SceneObject[]): void {
    const fresh = after.find(({ id }) => !before.some((object) => object.id === id));
    if (fresh !== undefined) setText(this.#said, words.objects.keptSpoken(nameOf(fresh), after.length));
    else if (after.length < before.length) setText(this.#said, words.objects.leftSpoken(after.length));
  }
}
