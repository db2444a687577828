import type { InLine } from "../../inference/workers/waiting-line.js";
import type { Held } from "../../runtime/limits/byte-budget.js";
import { bytesOf, type FileParts } from "./file-parts.js";
import type { PictureChild } from "./picture-child.js";
import { pictureProcess } from "./picture-memory.js";
import type { CutRequest, Made, ReadRequest } from "./picture-protocol.js";

/** Why a picture process was ended, or ended by itself. `killed` is by somebody else: the kernel short of memory, or a person. */
export type Loss = "time" | "memory" | "killed" | "crash";

/** A picture that is to be read. */
export interface ReadJob extends InLine {
  file: FileParts;
  request: ReadRequest | CutRequest;
  /** Told when it is its turn, once more after it brought a process down. */
  onBegin?: (() => void) | undefined;
  /** Its caller has gone. */
  isLeft: boolean;
  /** Processes that were lost over it. */
  losses: number;
  resolve: (made: Made) => void;
  reject: (error: unknown) => void;
}

/** What one picture may take. */
interface ReadLimits {
  decodeBytes: number;
  pictureMs: number;
}

/** A picture that nobody wants any more is read to its end if that is soon: a process costs more. */
const leftMs = 500;
/** Over its picture's budget before a process is ended: code that is loaded late, and what an allocator keeps. */
const slackBytes = 96 * 1024 * 1024;

/** A process and the picture that it reads. */
export class PictureSlot {
  readonly child: PictureChild;
  job: ReadJob | undefined;
  /** What its picture costs, while there is no room for it. */
  wantedBytes: number | undefined;
  /** Why it was ended; undefined while it was not, and for one that is only renewed. */
  loss: Loss | undefined;
  #isReady = false;
  /** Resident memory when it had nothing to do yet. */
  #idleBytes = 0;
  #startedAt = 0;
  /** What its picture costs, once there was room for it. */
  #held: Held | undefined;

  constructor(child: PictureChild) {
    this.child = child;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** It has nothing to do, and can read a picture. */
  get isFree(): boolean {
    return this.#isReady && !this.job && !this.child.isKilled;
  }

  /** When it began with what it does now. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** It keeps so much memory after a picture that it is to be renewed. */
  get keepsTooMuch(): boolean {
    return this.child.residentBytes > this.#idleBytes + pictureProcess.keptBytes;
  }

  ready(): void {
    this.#isReady = true;
    this.#idleBytes = this.child.residentBytes;
  }

  read(job: ReadJob): void {
    this.job = job;
    job.onBegin?.();
    this.#startedAt = performance.now();
    this.child.read(job.request, job.file);
  }

  /** There is room for what its picture costs. */
  decode(held: Held): void {
    this.#held = held;
    this.wantedBytes = undefined;
    this.#startedAt = performance.now();
    this.child.decode();
  }

  /** It has nothing to do any more. @returns what it did. */
  free(): ReadJob | undefined {
    const { job } = this;
    this.job = undefined;
    this.wantedBytes = undefined;
    this.#held?.release();
    this.#held = undefined;
    return job;
  }

  /** Why it should be ended now, if it should: nobody wants its picture, or that takes more than it may. */
  fault({ decodeBytes, pictureMs }: ReadLimits): "left" | "time" | "memory" | undefined {
    const { job, wantedBytes } = this;
    if (!job) return undefined;
    const ranMs = performance.now() - this.#startedAt;
    if (job.isLeft && (wantedBytes !== undefined || ranMs > leftMs)) return "left";
    // Waiting for room is not its picture's doing.
    if (wantedBytes === undefined && ranMs > pictureMs) return "time";
    const mostBytes = this.#idleBytes + bytesOf(job.file) + decodeBytes + slackBytes;
    return this.child.residentBytes > mostBytes ? "memory" : undefined;
  }

  /** @param loss undefined for one that is only renewed. */
  end(loss: Loss | undefined): void {
    this.loss ??= loss;
    this.#isReady = false;
    this.child.kill();
  }
}
