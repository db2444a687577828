import { type Fields, finiteNumber, parseFields } from "../parse/fields.js";
import { jsonElements } from "../parse/json-elements.js";
import { problemOf } from "../parse/unreadable.js";
import { baseOf, stemOf } from "../pictures/plain-name.js";
import type { FoundFrame, Source } from "../types.js";

interface Named {
  /** By their ids. */
  readonly videos: ReadonlyMap<unknown, Fields>;
  readonly tracks: ReadonlyMap<unknown, Fields>;
}

/** Numbers are written as text by some. */
const idOf = (id: unknown) => finiteNumber(id) ?? id;
const isThere = (id: unknown) => id !== undefined && id !== null;

/**
 * What a file of COCO says of videos, as those of COCO-VID and TAO do: `videos` and `tracks`, which may come after what refers to them. The
 * file is gone through for them once, where an image is of a video.
 */
export class CocoVideos {
  readonly #source: Source;
  readonly #file: string;
  #named: Promise<Named> | undefined;
  /** Frames of a video that say no number. */
  readonly #counts = new Map<unknown, number>();

  constructor(source: Source, file: string) {
    this.#source = source;
    this.#file = file;
  }

  /** Where an image is in a video. One of a video that has no entry is called by its number, or as the file. */
  async frameOf(image: Fields): Promise<FoundFrame | undefined> {
    const { video_id: video, frame_index: index, frame_id: place } = image;
    if (!isThere(video)) {
      const number = finiteNumber(index);
      return number === undefined ? undefined : { sequence: stemOf(baseOf(this.#file)), number };
    }
    const named = (await this.#names()).videos.get(idOf(video));
    const said = [index, place].map(finiteNumber).find((one) => one !== undefined && Number.isInteger(one) && one >= 0);
    const counted = this.#counts.get(idOf(video)) ?? 0;
    this.#counts.set(idOf(video), counted + 1);
    const rate = finiteNumber(named?.frame_rate ?? named?.fps);
    return {
      sequence: textOf(named?.name) ?? `video ${String(video)}`,
      number: said ?? counted,
      ...(rate !== undefined && rate > 0 && { frameRate: rate }),
    };
  }

  /** The name of an annotation's track, where it has one. */
  async trackOf({ track_id: track, instance_id: instance }: Fields): Promise<string | undefined> {
    const id = track ?? instance;
    if (!isThere(id)) return undefined;
    return textOf((await this.#names()).tracks.get(idOf(id))?.name) ?? `object ${String(id)}`;
  }

  #names(): Promise<Named> {
    this.#named ??= this.#read();
    return this.#named;
  }

  async #read(): Promise<Named> {
    const [videos, tracks] = [new Map<unknown, Fields>(), new Map<unknown, Fields>()];
    for await (const { key, text } of jsonElements(this.#source.open(this.#file), { arrays: ["videos", "tracks"] })) {
      try {
        const fields = parseFields(text, key);
        (key === "videos" ? videos : tracks).set(idOf(fields.id), fields);
      } catch (error) {
        // What refers to it is called by its number.
        problemOf(error, this.#file);
      }
    }
    return { videos, tracks };
  }
}

const textOf = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value : undefined);
