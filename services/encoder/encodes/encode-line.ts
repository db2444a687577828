import type { WorkerPool } from "../../inference/workers/worker-pool.js";
import { overloaded } from "../../runtime/errors.js";
import type { FileParts } from "../pictures/file-parts.js";
import type { CutOptions, PictureProcesses, ReadOptions } from "../pictures/picture-processes.js";
import type { ReadPicture, ReadRequest } from "../pictures/picture-protocol.js";

type Pictures = Pick<
  PictureProcesses,
  | "waiting"
  | "waitingOthers"
  | "reading"
  | "readingOthers"
  | "read"
  | "cutOut"
  | "givesWayTo"
  | "displace"
  | "hasten"
  | "resume"
>;
type Pool = Pick<
  WorkerPool<unknown, unknown>,
  "waiting" | "waitingOthers" | "isFree" | "givesWayTo" | "displace" | "waitMsAt"
>;

export interface EncodeLineOptions {
  /** Pictures that may wait; of one more, one of those who have most is refused. */
  maxQueue: number;
  /** Of these, how many may be those that are not urgent. */
  maxOthers: number;
  /**
   * Pictures that are decoded before it is their turn at the model, and again as many for people before those that nobody
   * waits for: so many pixels are in memory, the rest waits as files.
   */
  readAhead: number;
  onDisplaced?: () => void;
}

type Newcomer = Pick<ReadOptions, "caller" | "tenant" | "urgent">;

export interface LineReadOptions extends Omit<ReadOptions, "onPlace"> {
  onPosition?: (position: number, etaMs: number) => void;
}

/** A picture that is decoded and whose turn at the model comes next. */
interface DecodedInLine {
  picture: ReadPicture;
  /** How long it waited to be decoded, and how long that took. */
  waitedMs: number;
  readMs: number;
  /** It waits in this line no more; safe to call twice. */
  leave: () => void;
}

/**
 * One line for a picture, from its upload until the model begins with it: those that wait to be decoded, are being decoded
 * and wait for the model are counted together.
 */
export class EncodeLine {
  readonly #pictures: Pictures;
  readonly #pool: Pool;
  readonly #options: EncodeLineOptions;
  /** Decoded, and not begun by the model. */
  #ready = 0;
  /** Files of pictures that people came to wait for. */
  readonly #hastened = new WeakSet<FileParts>();

  constructor(pictures: Pictures, pool: Pool, options: EncodeLineOptions) {
    this.#pictures = pictures;
    this.#pool = pool;
    this.#options = options;
  }

  get waiting(): number {
    // The one for which the model is free waits for nobody.
    const ahead = this.#aheadOf(false) - (this.#pool.isFree ? 1 : 0);
    return this.#pictures.waiting + Math.max(0, ahead);
  }

  /** Whether another picture may be decoded. One that people wait for is not held up by those that it will pass. */
  mayRead(urgent: boolean): boolean {
    return this.#aheadOf(urgent) < this.#options.readAhead;
  }

  /** Until one that joined the line now would begin. */
  get retryAfterMs(): number {
    return Math.max(100, this.#pool.waitMsAt(this.waiting + 1));
  }

  /** Whether a picture of this caller's would be taken now, be it in place of another's. */
  hasRoomFor(newcomer: Newcomer): boolean {
    return !this.#isFull(newcomer) || this.#pictures.givesWayTo(newcomer) || this.#pool.givesWayTo(newcomer);
  }

  /** @throws ServiceError as `PictureProcesses.read` does; RESOURCE_EXHAUSTED when too many wait. */
  async read(file: FileParts, request: ReadRequest, options: LineReadOptions): Promise<DecodedInLine> {
    this.#makeRoomFor(options);
    const { onPosition, onBegin, ...rest } = options;
    const { urgent = true } = options;
    const joinedAt = performance.now();
    let begunAt = joinedAt;
    let told = 0;
    const picture = await this.#pictures.read(file, request, {
      ...rest,
      onBegin: () => {
        begunAt = performance.now();
        onBegin?.();
      },
      onPlace: (place) => {
        const isUrgent = urgent || this.#hastened.has(file);
        const position = this.#aheadOf(isUrgent) + place;
        if (position === told) return;
        told = position;
        onPosition?.(position, this.#pool.waitMsAt(position));
      },
    });
    this.#ready++;
    let isIn = true;
    const leave = () => {
      if (!isIn) return;
      isIn = false;
      this.#ready--;
      this.#pictures.resume();
    };
    return { picture, waitedMs: begunAt - joinedAt, readMs: performance.now() - begunAt, leave };
  }

  /**
   * What is within a mask of a picture, as a file: it waits where pictures are decoded, and not for the model.
   * @throws ServiceError as `PictureProcesses.cutOut` does; RESOURCE_EXHAUSTED when too many wait.
   */
  async cutOut(file: FileParts, cut: CutOptions, options: ReadOptions): Promise<Uint8Array> {
    this.#makeRoomFor(options);
    return this.#pictures.cutOut(file, cut, options);
  }

  /** Makes a picture that waits to be decoded urgent. */
  hasten(file: FileParts): void {
    this.#hastened.add(file);
    this.#pictures.hasten(file);
  }

  /**
   * Pictures between the files that wait and the model. An urgent one passes the others among them there. Whoever waited
   * elsewhere and comes back to the model is in its line alone.
   */
  #aheadOf(urgent: boolean): number {
    const all = this.#pictures.reading + Math.max(this.#ready, this.#pool.waiting);
    return urgent ? Math.max(0, all - this.#pictures.readingOthers - this.#pool.waitingOthers) : all;
  }

  #isFull({ urgent = true }: Newcomer): boolean {
    const { maxQueue, maxOthers } = this.#options;
    const others = this.#pictures.waitingOthers + this.#pool.waitingOthers;
    return this.waiting >= maxQueue || (!urgent && others >= maxOthers);
  }

  #makeRoomFor(newcomer: Newcomer): void {
    if (!this.#isFull(newcomer)) return;
    const hint = this.retryAfterMs;
    const tooMany = overloaded(`Too many pictures are waiting; try again in ${hint} ms.`, hint);
    if (!this.#pictures.displace(newcomer, tooMany) && !this.#pool.displace(newcomer, tooMany)) throw tooMany;
    this.#options.onDisplaced?.();
  }
}
