import type { SaveStatus } from "../state/page.js";
import type { State } from "../state/state.js";
import { noHover, type Work } from "../state/work.js";
import type { SavedChange, SavedStore } from "./saved-page.js";

interface AutosaveSources {
  readonly store: SavedStore;
  readonly state: () => State;
  /** The file of a picture, once it has been read. */
  readonly fileOf: (token: number) => Blob | undefined;
  /** A picture, by its name, that is not kept any more because the browser has no room. */
  readonly onDropped: (name: string) => void;
  readonly onStatus: (status: SaveStatus) => void;
}

interface SavedEntry {
  readonly key: string;
  work: Work | undefined;
}

/** A person who clicks is not waited for; one who stops for a moment has it saved. */
const pauseMs = 500;

/** Keeps the strip and the work on it in the browser, some moments after each change. */
export class Autosave {
  readonly #sources: AutosaveSources;
  readonly #entries = new Map<number, SavedEntry>();
  /** Those that found no room. */
  readonly #dropped = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What has been asked to be saved last, to tell whether there is anything new. */
  #last: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isOff = false;

  constructor(sources: AutosaveSources) {
    this.#sources = sources;
  }

  /** Pictures that came from the store are there already. */
  restored(
    pictures: readonly { readonly token: number; readonly key: string; readonly work: Work | undefined }[],
  ): void {
    for (const { token, key, work } of pictures) this.#entries.set(token, { key, work });
  }

  /** Something may have changed. */
  changed(): void {
    if (this.#isOff || this.#timer !== undefined || !this.#hasNews()) return;
    this.#sources.onStatus("changed");
    this.#timer = setTimeout(() => this.flush(), pauseMs);
  }

  /** Saves what has changed without waiting, as far as the browser can: the page is being left. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isOff) return this.#writing;
    const writing = this.#write(this.#change()).then(() => {
      if (writing === this.#writing && this.#timer === undefined) {
        this.#sources.onStatus(this.#isOff ? "off" : "saved");
        // What came while it was written.
        this.changed();
      }
    });
    this.#writing = writing;
    return writing;
  }

  /** Forgets all that is kept. What is on the page is kept again with its next change. */
  async clear(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    this.#entries.clear();
    this.#dropped.clear();
    this.#last = undefined;
    await this.#sources.store.clear();
    this.#sources.onStatus("saved");
  }

  async #write(change: SavedChange): Promise<void> {
    try {
      await this.#sources.store.write(change);
    } catch (error) {
      const oldest = isFull(error) ? this.#oldest() : undefined;
      if (oldest === undefined) {
        // Nothing more can be spared, or the store is broken: the page goes on without.
        this.#isOff = true;
        return;
      }
      this.#dropped.add(oldest.token);
      this.#sources.onDropped(oldest.name);
      // Nothing of the change has been kept: what it held is asked for again, without the oldest.
      for (const key of [...change.files.keys(), ...change.works.keys()]) this.#forget(key);
      await this.#write(this.#change(change.removed));
    }
  }

  /** The first of the strip that is kept and not on the canvas. */
  #oldest(): { token: number; name: string } | undefined {
    const { strip, picture } = this.#sources.state();
    const shown = picture.kind === "empty" ? undefined : picture.info.token;
    return strip.find(({ token }) => token !== shown && !this.#dropped.has(token) && this.#sources.fileOf(token));
  }

  #hasNews(): boolean {
    const state = this.#sources.state();
    if (this.#order(state) !== this.#last) return true;
    return this.#kept(state).some(({ token }) => {
      const entry = this.#entries.get(token);
      return entry === undefined || !isSame(entry.work, workOf(state, token));
    });
  }

  /** @param also keys that were to be removed already. */
  #change(also: readonly string[] = []): SavedChange {
    const state = this.#sources.state();
    const files = new Map<string, Blob>();
    const works = new Map<string, { name: string; work: Work | undefined }>();
    const kept = this.#kept(state);
    for (const { token, name } of kept) {
      const before = this.#entries.get(token);
      const work = workOf(state, token);
      const file = this.#sources.fileOf(token);
      const entry = before ?? { key: crypto.getRandomValues(new Uint32Array(4)).join("-"), work: undefined };
      if (before === undefined && file !== undefined) files.set(entry.key, file);
      if (before === undefined || !isSame(before.work, work)) {
        works.set(entry.key, { name, work: work && { ...work, edit: { ...work.edit, hover: noHover } } });
      }
      entry.work = work;
      this.#entries.set(token, entry);
    }
    const removed = [...also];
    for (const [token, { key }] of this.#entries) {
      if (kept.some((entry) => entry.token === token)) continue;
      removed.push(key);
      this.#entries.delete(token);
    }
    this.#last = this.#order(state);
    const order = kept.flatMap(({ token }) => this.#keyOf(token) ?? []);
    const active = state.picture.kind === "empty" ? undefined : this.#keyOf(state.picture.info.token);
    return { order, active, nextSequence: state.nextSequence, files, works, removed };
  }

  #kept({ strip }: State) {
    return strip.filter(
      ({ token }) => !this.#dropped.has(token) && (this.#entries.has(token) || this.#sources.fileOf(token)),
    );
  }

  /** Which pictures there are, in which order, and the one on the canvas. */
  #order(state: State): string {
    const shown = state.picture.kind === "empty" ? "" : state.picture.info.token;
    return [shown, ...this.#kept(state).map(({ token }) => token)].join();
  }

  #keyOf(token: number): string | undefined {
    return this.#entries.get(token)?.key;
  }

  #forget(key: string): void {
    for (const [token, entry] of this.#entries) if (entry.key === key) this.#entries.delete(token);
  }
}

function workOf({ picture, strip }: State, token: number): Work | undefined {
  if (picture.kind === "empty" || picture.info.token !== token) {
    return strip.find((entry) => entry.token === token)?.work;
  }
  return { edit: picture.edit, everything: picture.everything };
}

/** Whether nothing has happened to it but the pointer's passing over. */
function isSame(a: Work | undefined, b: Work | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = ["past", "present", "future", "waiting"] as const;
  return a.everything === b.everything && keys.every((key) => a.edit[key] === b.edit[key]);
}

function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
