import type { Made, Track } from "../state/track.js";
import { type KeptVideo, keptOf, type VideoStore } from "./video-store.js";

const pauseMs = 400;

/** Writes what has changed of a video a moment after it has, and all of it when the page is left. */
export class Keeping {
  readonly #store: VideoStore;
  readonly #now: () => { readonly track: Track; readonly rest: Omit<KeptVideo, "objects" | "cuts"> };
  #written: Track | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    store: VideoStore,
    now: () => { readonly track: Track; readonly rest: Omit<KeptVideo, "objects" | "cuts"> },
    written?: Track,
  ) {
    this.#store = store;
    this.#now = now;
    this.#written = written;
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.flush();
    });
  }

  changed(): void {
    this.#timer ??= setTimeout(() => void this.flush(), pauseMs);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { track, rest } = this.#now();
    const made = madeSince(track, this.#written);
    this.#written = track;
    // What cannot be written is written with the next change.
    await this.#store.write({ ...rest, ...keptOf(track) }, made).catch(() => {
      this.#written = undefined;
    });
  }
}

/** The frames on which another mask was made since, of all objects. */
function madeSince(track: Track, before: Track | undefined): Map<number, ReadonlyMap<number, Made>> {
  const frames = new Set<number>();
  const ids = new Set([...track.objects, ...(before?.objects ?? [])].map(({ id }) => id));
  for (const id of ids) {
    const now = track.objects.find((object) => object.id === id)?.made ?? [];
    const then = before?.objects.find((object) => object.id === id)?.made ?? [];
    if (now === then) continue;
    for (let frame = 0; frame < Math.max(now.length, then.length); frame++)
      if (now[frame] !== then[frame]) frames.add(frame);
  }
  return new Map(
    [...frames].map((frame) => [
      frame,
      new Map(
        track.objects.flatMap(({ id, made }) => {
          const one = made[frame];
          return one === undefined ? [] : [[id, one] as const];
        }),
      ),
    ]),
  );
}
