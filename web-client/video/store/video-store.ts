import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Mask } from "../../../proto/index.js";
import type { Made, Track } from "../state/track.js";

/** What is known of a frame but for its file. */
export interface FrameInfo {
  readonly name: string;
  readonly timeMs: number | undefined;
  readonly imageId: string;
  readonly thumbnail: Blob;
}

/** A video as it is kept: its frames' files and the masks that were made are beside it. */
export interface KeptVideo {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** All frames were read. */
  readonly isWhole: boolean;
  readonly current: number;
  readonly objects: readonly KeptObject[];
  readonly cuts: readonly number[];
}

interface KeptObject {
  readonly id: number;
  readonly name: string | undefined;
  readonly colour: number;
  readonly isVisible: boolean;
  readonly person: ReadonlyMap<number, Mask>;
  /** Left out by what was written before there was any. */
  readonly keptAs?: ReadonlyMap<bigint, bigint>;
}

interface Schema extends DBSchema {
  /** Under the keys `video`, and `form` for a number that says how the rest is written. */
  video: { key: string; value: KeptVideo | number };
  frames: { key: number; value: FrameInfo };
  files: { key: number; value: Blob };
  /** By frame, then by object. */
  made: { key: number; value: ReadonlyMap<number, Made> };
}

const form = 1;
const stores = ["video", "frames", "files", "made"] as const;
const lockMs = 1_000;

const databaseName = (tenant: string) => {
  const folder = new URL(".", document.baseURI).pathname;
  return `maskwire-video:${folder}${tenant === "" ? "" : `#${tenant}`}`;
};

/** The video that this page works on, kept in the browser: one at a time, and one window's. */
export class VideoStore {
  readonly #db: IDBPDatabase<Schema>;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  /** Undefined where the browser keeps nothing, or while another window has it. */
  static async open(tenant: string): Promise<VideoStore | undefined> {
    const name = databaseName(tenant);
    try {
      if (!(await holdLock(name))) return undefined;
      const db = await openDB<Schema>(name, 1, {
        upgrade(fresh) {
          for (const store of stores) fresh.createObjectStore(store);
        },
        blocking(_current, _blocked, event) {
          (event.target as IDBDatabase | null)?.close();
        },
      });
      return new VideoStore(db);
    } catch {
      return undefined;
    }
  }

  async read(): Promise<
    { video: KeptVideo; frames: FrameInfo[]; made: Map<number, ReadonlyMap<number, Made>> } | undefined
  > {
    const video = await this.#db.get("video", "video");
    if (video === undefined || typeof video === "number" || (await this.#db.get("video", "form")) !== form)
      return undefined;
    const frames = await this.#db.getAll("frames");
    const [keys, values] = await Promise.all([this.#db.getAllKeys("made"), this.#db.getAll("made")]);
    const made = new Map(keys.map((key, at) => [key, values[at] ?? new Map<number, Made>()]));
    return frames.length === 0 ? undefined : { video, frames, made };
  }

  async file(frame: number): Promise<Blob | undefined> {
    return this.#db.get("files", frame);
  }

  async addFrame(frame: number, info: FrameInfo, file: Blob): Promise<void> {
    const transaction = this.#db.transaction(["frames", "files"], "readwrite");
    await Promise.all([
      transaction.objectStore("frames").put(info, frame),
      transaction.objectStore("files").put(file, frame),
      transaction.done,
    ]);
  }

  /** @param made of these frames alone. */
  async write(video: KeptVideo, made: ReadonlyMap<number, ReadonlyMap<number, Made>>): Promise<void> {
    const transaction = this.#db.transaction(["video", "made"], "readwrite");
    const asked: Promise<unknown>[] = [transaction.objectStore("video").put(video, "video")];
    asked.push(transaction.objectStore("video").put(form, "form"));
    for (const [frame, masks] of made) {
      const store = transaction.objectStore("made");
      asked.push(masks.size > 0 ? store.put(masks, frame) : store.delete(frame));
    }
    transaction.commit();
    await Promise.all([...asked, transaction.done]);
  }

  async clear(): Promise<void> {
    const transaction = this.#db.transaction(stores, "readwrite");
    await Promise.all([...stores.map((store) => transaction.objectStore(store).clear()), transaction.done]);
  }
}

/** As long as the page lives. A page that is being loaded again may hold it for a moment more. */
async function holdLock(name: string): Promise<boolean> {
  if (navigator.locks === undefined) return true;
  const ask = (options: LockOptions) =>
    new Promise<boolean>((resolve) => {
      const held = navigator.locks.request(name, options, (lock) => {
        resolve(lock !== null);
        return lock && new Promise(() => {});
      });
      held.catch(() => resolve(false));
    });
  return (await ask({ ifAvailable: true })) || ask({ signal: AbortSignal.timeout(lockMs) });
}

/** What is kept of a track beside the masks that were made. */
export function keptOf({ objects, cuts }: Track): Pick<KeptVideo, "objects" | "cuts"> {
  return {
    objects: objects.map(({ made: _, ...object }) => object),
    cuts: [...cuts],
  };
}

export function trackOf(
  video: Pick<KeptVideo, "objects" | "cuts">,
  made: ReadonlyMap<number, ReadonlyMap<number, Made>>,
): Track {
  const objects = video.objects.map((object) => {
    const all: (Made | undefined)[] = [];
    for (const [frame, masks] of made) {
      const one = masks.get(object.id);
      if (one === undefined) continue;
      while (all.length < frame) all.push(undefined);
      all[frame] = one;
    }
    return { ...object, made: all };
  });
  return { objects, bin: [], cuts: new Set(video.cuts) };
}
