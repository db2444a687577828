import type { Mask } from "../../proto/index.js";
import { maskInHand, maskOfObject, nameOf } from "../state/objects.js";
import { overlayOf, type SceneObject, type State } from "../state/state.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";
import { ObjectRow, type RowActions } from "./object-row.js";
import { listenToRowDrag } from "./row-drag.js";

interface ObjectsActions extends Omit<RowActions, "onPick" | "onStep"> {
  readonly onKeep: () => void;
  readonly onEdit: (id: number) => void;
  /** @param to where in the picture's own order, 0 at the bottom. */
  readonly onMove: (id: number, to: number) => void;
  readonly onMerge: (id: number, otherId: number) => void;
  readonly onSubtract: (id: number, otherId: number) => void;
  /** The chosen rows have changed: the canvas shows which they are. */
  readonly onSelection: () => void;
}

/** More than two objects cannot be combined at once. */
const mostSelected = 2;

/** The finished objects of the picture, the topmost first, and what can be done to one or two of them. */
export class ObjectsView {
  readonly #actions: ObjectsActions;
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
  /** In the order of being chosen: what is cut goes by it. */
  #selection: readonly number[] = [];

  constructor(actions: ObjectsActions) {
    this.#actions = actions;
    this.#keep.addEventListener("click", actions.onKeep);
    this.#edit.addEventListener("click", () => this.#withFirst(actions.onEdit));
    this.#remove.addEventListener("click", () => {
      for (const id of this.#selection) this.#removed(id);
    });
    this.#merge.addEventListener("click", () => this.#withTwo(actions.onMerge));
    this.#subtract.addEventListener("click", () => this.#withTwo(actions.onSubtract));
    this.#drag = listenToRowDrag(this.#list, {
      onDrop: (id, place) => {
        this.#isMoved = true;
        actions.onMove(id, this.#objects.length - 1 - place);
      },
      onGivenUp: () => this.#order(),
    });
  }

  /** The objects whose rows are chosen. */
  get selection(): readonly number[] {
    return this.#selection;
  }

  render({ picture }: State, photo: ImageBitmap | undefined): void {
    const present = picture.kind === "empty" ? undefined : picture.edit.present;
    const inHand = present !== undefined && overlayOf(picture) === undefined && maskInHand(present) !== undefined;
    this.#keep.disabled = !inHand;
    setText(this.#keepText, present?.editing === undefined ? words.objects.keep : words.objects.keepChanges);

    const token = picture.kind === "empty" ? undefined : picture.photo.token;
    const objects = present?.objects ?? [];
    const isOther = token !== this.#token;
    this.#token = token;
    if (isOther) {
      this.#said.textContent = "";
      for (const row of this.#rows.values()) row.element.remove();
      this.#rows.clear();
      this.#select([]);
    } else if (objects === this.#objects && present?.editing === this.#editing && !this.#isMoved) return;
    this.#isMoved = false;
    if (!isOther) this.#say(this.#objects, objects);
    this.#objects = objects;
    this.#editing = present?.editing;
    this.#renderRows(photo);
    const left = this.#selection.filter((id) => objects.some((object) => object.id === id));
    if (left.length !== this.#selection.length) this.#select(left);
    else this.#renderTools();
  }

  #renderRows(photo: ImageBitmap | undefined): void {
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
          ...this.#actions,
          onRemove: (id) => this.#removed(id),
          onPick: (id) => this.#toggle(id),
          onStep: (id, by, moves) => this.#step(id, by, moves),
        });
        this.#rows.set(object.id, row);
      }
      row.render(object, { mask, photo, isEdited: object.id === this.#editing });
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

  #toggle(id: number): void {
    const chosen = this.#selection.includes(id)
      ? this.#selection.filter((other) => other !== id)
      : [...this.#selection, id].slice(-mostSelected);
    this.#select(chosen);
  }

  #select(ids: readonly number[]): void {
    this.#selection = ids;
    for (const [id, row] of this.#rows) row.isSelected = ids.includes(id);
    this.#renderTools();
    this.#actions.onSelection();
  }

  #renderTools(): void {
    const [first, second] = this.#selection.map((id) => this.#objects.find((object) => object.id === id));
    const isPair = first !== undefined && second !== undefined;
    const isFree = this.#editing === undefined || !this.#selection.includes(this.#editing);
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
    if (moves) this.#actions.onMove(id, this.#objects.length - 1 - (at + by));
    else this.#rows.get(next.id)?.focus();
  }

  #removed(id: number): void {
    const shown = this.#objects.toReversed();
    const at = shown.findIndex((object) => object.id === id);
    const neighbour = shown[at + 1] ?? shown[at - 1];
    this.#actions.onRemove(id);
    if (neighbour !== undefined) this.#rows.get(neighbour.id)?.focus();
    else element("canvas", HTMLCanvasElement).focus();
  }

  #withFirst(act: (id: number) => void): void {
    const [first] = this.#selection;
    if (first !== undefined) act(first);
  }

  #withTwo(act: (id: number, otherId: number) => void): void {
    const [first, second] = this.#selection;
    if (first !== undefined && second !== undefined) act(first, second);
  }

  #say(before: readonly SceneObject[], after: readonly SceneObject[]): void {
    const fresh = after.find(({ id }) => !before.some((object) => object.id === id));
    if (fresh !== undefined) setText(this.#said, words.objects.keptSpoken(nameOf(fresh), after.length));
    else if (after.length < before.length) setText(this.#said, words.objects.leftSpoken(after.length));
  }
}
