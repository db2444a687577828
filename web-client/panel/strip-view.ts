import type { Preparation, State, StripEntry } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setData, setText } from "./element.js";

/** A thumbnail of a picture, once it has been read. */
type ThumbnailOf = (token: number) => HTMLCanvasElement | undefined;

interface Row {
  readonly item: HTMLLIElement;
  readonly open: HTMLButtonElement;
  readonly remove: HTMLButtonElement;
  readonly count: HTMLElement;
  readonly bar: HTMLElement;
}

/** The pictures of the page in a row: which one is on the canvas, how far the others are, what was done on them. */
export class StripView implements View {
  readonly #list = element("strip", HTMLUListElement);
  readonly #dispatch: StatePort["dispatch"];
  readonly #thumbnailOf: ThumbnailOf;
  readonly #rows = new Map<number, Row>();

  constructor({ dispatch }: StatePort, thumbnailOf: ThumbnailOf) {
    this.#dispatch = dispatch;
    this.#thumbnailOf = thumbnailOf;
  }

  parts({ strip, picture, loading }: State): readonly unknown[] {
    return picture.kind === "empty"
      ? [strip, loading]
      : [strip, loading, picture.info.token, picture.edit.present.objects.length];
  }

  render(state: State): void {
    const { strip, picture, loading } = state;
    const shown = loading?.token ?? (picture.kind === "empty" ? undefined : picture.info.token);
    for (const [token, { item }] of this.#rows) {
      if (strip.some((entry) => entry.token === token)) continue;
      item.remove();
      this.#rows.delete(token);
    }
    strip.forEach((entry, at) => {
      const row = this.#rows.get(entry.token) ?? this.#add(entry);
      if (this.#list.children[at] !== row.item) this.#list.insertBefore(row.item, this.#list.children[at] ?? null);
      this.#fill(row, entry, state, entry.token === shown);
    });
  }

  #add({ token }: StripEntry): Row {
    const item = document.createElement("li");
    const open = document.createElement("button");
    const remove = document.createElement("button");
    const count = document.createElement("span");
    const bar = document.createElement("span");
    item.className = "strip-entry";
    open.type = "button";
    open.className = "strip-picture";
    remove.type = "button";
    remove.className = "strip-remove";
    remove.textContent = "×";
    count.className = "strip-count";
    bar.className = "strip-bar";
    count.setAttribute("aria-hidden", "true");
    bar.setAttribute("aria-hidden", "true");
    open.append(bar, count);
    item.append(open, remove);
    open.addEventListener("click", () => this.#dispatch({ kind: "picture-opened", token }));
    remove.addEventListener("click", () => this.#dispatch({ kind: "picture-removed", token }));
    const row = { item, open, remove, count, bar };
    this.#rows.set(token, row);
    return row;
  }

  #fill({ item, open, remove, count, bar }: Row, entry: StripEntry, state: State, isShown: boolean): void {
    const thumbnail = this.#thumbnailOf(entry.token);
    if (thumbnail !== undefined && !open.contains(thumbnail)) open.prepend(thumbnail);
    const { picture } = state;
    const onCanvas = picture.kind !== "empty" && picture.info.token === entry.token;
    const edit = onCanvas ? picture.edit : entry.work?.edit;
    const objects = edit?.present.objects.length ?? 0;
    const said = isShown ? words.strip.shown : preparationInWords(entry.preparation);
    const label = [entry.name, said, objects > 0 ? words.strip.objects(objects) : ""].filter(Boolean).join(", ");
    if (open.getAttribute("aria-label") !== label) open.setAttribute("aria-label", label);
    open.setAttribute("aria-pressed", String(isShown));
    open.title = entry.name;
    remove.setAttribute("aria-label", words.strip.remove(entry.name));
    remove.title = words.strip.remove(entry.name);
    setText(count, objects > 0 ? String(objects) : "");
    setData(item, "preparation", isShown ? "none" : entry.preparation.kind);
    bar.style.setProperty("--done", String(doneShare(entry)));
  }
}

function doneShare({ preparation, info }: StripEntry): number {
  switch (preparation.kind) {
    case "uploading":
      return info === undefined ? 0 : (0.5 * preparation.sentBytes) / Math.max(1, info.bytes);
    case "queued":
      return 0.5;
    case "encoding":
      return 0.75;
    default:
      return 0;
  }
}

function preparationInWords(preparation: Preparation): string {
  switch (preparation.kind) {
    case "none":
      return "";
    case "waiting":
      return words.strip.waiting;
    case "uploading":
      return words.status.uploadingSpoken;
    case "queued":
      return words.status.inLine(preparation.position);
    case "encoding":
      return words.status.studying;
    case "ready":
      return words.status.ready;
    case "failed":
      return preparation.message;
  }
}
