import { cancelled, fromWorker, stopped } from "../../inference/workers/pool-errors.js";
import { type InLine, WaitingLine } from "../../inference/workers/waiting-line.js";
import type { ServiceError } from "../../runtime/errors.js";
import { ByteBudget, type Held } from "../../runtime/limits/byte-budget.js";
import { damagedImage, imageTooLarge } from "../images/picture-errors.js";
import { type Confinement, findConfinement } from "./confinement.js";
import { PictureChild } from "./picture-child.js";
import { pictureProcess } from "./picture-memory.js";
import type { FromProcess, ReadPicture, ReadRequest } from "./picture-protocol.js";

/** Why a picture process was ended, or ended by itself. */
export type Loss = "time" | "memory" | "crash";

export interface PictureProcessesOptions {
  /** Processes that decode one picture each. */
  count: number;
  /** Memory that decoding may take, in all of them together. */
  decodeBytes: number;
  /** The longest that one picture may take. */
  pictureMs: number;
  /** See `Lanes`. */
  patience?: number;
  /** Asked before a picture is begun; once it may be, after a no, `resume` is to be called. */
  mayBegin?: () => boolean;
  onLost?: (loss: Loss) => void;
  /** Told when none of them is left, and when one is there again. */
  onServing?: () => void;
}

export interface ReadOptions {
  /** Whoever waits leaves the line; a picture that takes long is given up when nobody wants it any more. */
  signal?: AbortSignal;
  urgent?: boolean;
  /** Callers take turns; those that are not named are one. */
  caller?: string | undefined;
  /** Told when it is its turn, once more after it brought a process down. */
  onBegin?: () => void;
  /** Told the place in line, 1 is next, whenever anything in the line has changed. */
  onPlace?: (place: number) => void;
}

interface Job extends InLine {
  file: Uint8Array;
  request: ReadRequest;
  options: ReadOptions;
  /** Its caller has gone. */
  isLeft: boolean;
  /** Processes that were lost over it. */
  losses: number;
  resolve: (picture: ReadPicture) => void;
  reject: (error: unknown) => void;
}

interface Slot {
  child: PictureChild;
  isReady: boolean;
  /** Resident memory when it had nothing to do yet. */
  idleBytes: number;
  job: Job | undefined;
  startedAt: number;
  /** What its picture costs, once there was room for it. */
  held: Held | undefined;
  /** What its picture costs, while there is no room for it. */
  wanted: number | undefined;
  loss: Loss | undefined;
}

/** A picture that nobody wants any more is read to its end if that is soon: a process costs more. */
const leftMs = 500;
/** How often the memory and the time of those that work are looked at. */
const lookMs = 50;
/** Over its picture's budget before a process is ended: code that is loaded late, and what an allocator keeps. */
const slackBytes = 96 * 1024 * 1024;
const respawnMs = { first: 100, last: 10_000 };

/**
 * Reads pictures in processes of their own, one picture at a time each: a file that brings its decoder down, fills memory
 * or never ends costs that picture, and not the service.
 */
export class PictureProcesses {
  readonly budget: ByteBudget;
  readonly confinement: Confinement;
  readonly #options: PictureProcessesOptions;
  readonly #line: WaitingLine<Job>;
  readonly #slots = new Set<Slot>();
  readonly #respawns = new Set<NodeJS.Timeout>();
  #failures = 0;
  #wasServing = false;
  #watch: NodeJS.Timeout | undefined;
  #isClosing = false;

  private constructor(options: PictureProcessesOptions, confinement: Confinement) {
    this.#options = options;
    this.confinement = confinement;
    this.#line = new WaitingLine({ patience: options.patience });
    this.budget = new ByteBudget({
      name: "pictures",
      limitBytes: options.decodeBytes,
      // Said to nobody: who finds no room waits for it.
      refusal: "Too many pictures are being decoded.",
      retryAfterMs: 1000,
    });
  }

  /** Resolves when one of them is ready. @throws Error when it cannot start. */
  static async start(options: PictureProcessesOptions): Promise<PictureProcesses> {
    const pictures = new PictureProcesses(options, await findConfinement());
    const starts = Array.from({ length: options.count }, () => pictures.#spawn());
    try {
      await Promise.all(starts);
    } catch (error) {
      await pictures.close();
      throw error;
    }
    return pictures;
  }

  /** Pictures that wait for their turn. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Of these, those that are not urgent. */
  get waitingOthers(): number {
    return this.#line.others;
  }

  /** Pictures that are being read. */
  get reading(): number {
    return [...this.#slots].filter(({ job }) => job).length;
  }

  /** False while no process is there to read a picture. */
  get isServing(): boolean {
    return [...this.#slots].some(({ isReady }) => isReady);
  }

  /** Resident memory of all of them; 0 where the system does not tell. */
  get residentBytes(): number {
    return [...this.#slots].reduce((sum, { child }) => sum + child.residentBytes, 0);
  }

  /** Process ids of those that are alive. */
  get pids(): number[] {
    return [...this.#slots].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]));
  }

  /**
   * @throws ServiceError as `openPicture` does; IMAGE_TOO_LARGE when it took too much time or memory, DAMAGED_IMAGE when
   *   it brought down two processes; CANCELLED when `signal` aborts.
   */
  read(file: Uint8Array, request: ReadRequest, options: ReadOptions = {}): Promise<ReadPicture> {
    if (this.#isClosing) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const { signal, caller, urgent = true, onPlace } = options;
      if (signal?.aborted) return reject(cancelled());
      const job: Job = { file, request, options, caller, urgent, onPlace, isLeft: false, losses: 0, resolve, reject };
      const leave = () => {
        job.isLeft = true;
        if (this.#line.remove(job)) this.#line.tellPlaces();
        reject(cancelled());
      };
      signal?.addEventListener("abort", leave, { once: true });
      job.resolve = (picture) => {
        signal?.removeEventListener("abort", leave);
        resolve(picture);
      };
      job.reject = (error) => {
        signal?.removeEventListener("abort", leave);
        reject(error);
      };
      this.#line.add(job);
      this.#dispatch();
    });
  }

  /** Makes a picture that waits urgent. */
  hasten(file: Uint8Array): void {
    this.#line.hasten((job) => job.file === file);
  }

  /** Begins what may be begun by now. */
  resume(): void {
    this.#dispatch();
  }

  /** Whether one that waits gives its place to such a newcomer. */
  givesWayTo({ caller, urgent = true }: Pick<ReadOptions, "caller" | "urgent">): boolean {
    return this.#line.givesWayTo({ caller, urgent });
  }

  /** Refuses with `error` the one that gives way. @returns false when none does. */
  displace({ caller, urgent = true }: Pick<ReadOptions, "caller" | "urgent">, error: ServiceError): boolean {
    return this.#line.displace({ caller, urgent }, error);
  }

  /** Rejects what waits and runs, and ends the processes. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    for (const timer of this.#respawns) clearTimeout(timer);
    for (const job of this.#line.clear()) job.reject(stopped());
    await Promise.all(
      [...this.#slots].map(async ({ child, job }) => {
        job?.reject(stopped());
        await child.close();
      }),
    );
  }

  #spawn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = new PictureChild(this.confinement, this.#options.decodeBytes, {
        onMessage: (message, body) => {
          if (message.kind === "ready") {
            this.#failures = 0;
            resolve();
          }
          this.#hear(slot, message, body);
        },
        onNonsense: () => this.#end(slot, "crash"),
        onEnd: ({ signal, error }) => {
          reject(error);
          // The kernel ends who has taken the machine's last memory.
          this.#replace(slot, slot.loss ?? (signal === "SIGKILL" ? "memory" : "crash"));
        },
      });
      const slot: Slot = {
        child,
        isReady: false,
        idleBytes: 0,
        job: undefined,
        startedAt: 0,
        held: undefined,
        wanted: undefined,
        loss: undefined,
      };
      this.#slots.add(slot);
    });
  }

  #hear(slot: Slot, message: FromProcess, body: Uint8Array): void {
    if (message.kind === "ready") {
      slot.isReady = true;
      slot.idleBytes = slot.child.residentBytes;
      this.#noteServing();
    } else if (message.kind === "cost") {
      slot.wanted = message.bytes;
      this.#grant();
      return;
    } else if (slot.job) {
      const { job } = slot;
      this.#free(slot);
      if (message.kind === "done") job.resolve({ ...message.picture, pixels: { ...message.pixels, data: body } });
      else job.reject(fromWorker({ ...message, id: 0 }));
      if (slot.child.residentBytes > slot.idleBytes + pictureProcess.keptBytes) this.#end(slot, undefined);
    }
    this.#dispatch();
  }

  #free(slot: Slot): void {
    slot.job = undefined;
    slot.wanted = undefined;
    slot.held?.release();
    slot.held = undefined;
    this.#grant();
  }

  /** Lets those decode for whose pictures there is room, first those that have waited longest. */
  #grant(): void {
    const inLine = [...this.#slots].filter(({ wanted }) => wanted !== undefined);
    for (const slot of inLine.sort((a, b) => a.startedAt - b.startedAt)) {
      // One that costs all there is goes when nothing else is under way.
      const bytes = Math.min(slot.wanted as number, this.budget.limitBytes);
      if (!this.budget.hasRoom(bytes)) return;
      slot.held = this.budget.hold(bytes);
      slot.wanted = undefined;
      slot.startedAt = performance.now();
      slot.child.send({ kind: "decode" });
    }
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.isReady || slot.job || slot.child.isKilled) continue;
      if (this.#line.length === 0 || this.#options.mayBegin?.() === false) break;
      const job = this.#line.take();
      if (!job) break;
      slot.job = job;
      job.options.onBegin?.();
      slot.startedAt = performance.now();
      slot.child.send({ kind: "read", ...job.request }, job.file);
    }
    this.#line.tellPlaces();
    if (this.reading > 0) this.#watch ??= setInterval(() => this.#look(), lookMs).unref();
    else {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
  }

  #look(): void {
    const now = performance.now();
    for (const slot of this.#slots) {
      const { job, wanted, startedAt, child, idleBytes } = slot;
      if (!job) continue;
      if (job.isLeft && (wanted !== undefined || now - startedAt > leftMs)) {
        this.#free(slot);
        this.#end(slot, undefined);
        continue;
      }
      // Waiting for room is not its picture's doing.
      if (wanted === undefined && now - startedAt > this.#options.pictureMs) this.#end(slot, "time");
      const mostBytes = idleBytes + job.file.byteLength + this.#options.decodeBytes + slackBytes;
      if (child.residentBytes > mostBytes) this.#end(slot, "memory");
    }
  }

  /** @param loss undefined for one that is only renewed. */
  #end(slot: Slot, loss: Loss | undefined): void {
    slot.loss ??= loss;
    slot.isReady = false;
    slot.child.kill();
  }

  /** A process is gone: another takes its place, and its picture is refused, or tried once more. */
  #replace(slot: Slot, loss: Loss): void {
    if (!this.#slots.delete(slot)) return;
    const { job } = slot;
    this.#free(slot);
    if (this.#isClosing) return;
    // One that is renewed was told not to be ready before; the others are lost, at work or not.
    if (job || slot.isReady) this.#options.onLost?.(loss);
    if (job) this.#settle(job, loss);
    // One that never got ready is told to the caller of `start`, and tried again after a pause.
    const pause = this.#failures === 0 ? 0 : Math.min(respawnMs.first * 2 ** this.#failures, respawnMs.last);
    this.#failures++;
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.#spawn().catch(() => {});
    }, pause);
    this.#respawns.add(timer.unref());
    this.#noteServing();
    this.#dispatch();
  }

  #settle(job: Job, loss: Loss): void {
    const { pictureMs, decodeBytes } = this.#options;
    const seconds = pictureMs / 1000;
    const MiB = Math.round(decodeBytes / 1024 / 1024);
    if (job.isLeft) return;
    if (loss === "time") {
      job.reject(
        imageTooLarge(`Decoding the picture took longer than ${seconds} s. Send a smaller one, or another format.`),
      );
    } else if (loss === "memory") {
      job.reject(
        imageTooLarge(
          `Decoding the picture took more than ${MiB} MiB of memory. Send a smaller one, or another format.`,
        ),
      );
    } else if (job.losses === 0) {
      job.losses++;
      job.urgent = true;
      this.#line.add(job);
    } else {
      job.reject(damagedImage("The picture brought down its decoder twice, so it is not taken."));
    }
  }

  #noteServing(): void {
    const { isServing } = this;
    if (this.#isClosing || isServing === this.#wasServing) return;
    this.#wasServing = isServing;
    this.#options.onServing?.();
  }
}
