import { cancelled, fromWorker, stopped } from "../../inference/workers/pool-errors.js";
import { WaitingLine } from "../../inference/workers/waiting-line.js";
import type { ServiceError } from "../../runtime/errors.js";
import { ByteBudget } from "../../runtime/limits/byte-budget.js";
import type { CutMask } from "../images/cut-out.js";
import { damagedImage, imageTooLarge } from "../images/picture-errors.js";
import { type Confinement, findConfinement } from "./confinement.js";
import { bytesOf, type FileParts } from "./file-parts.js";
import { PictureChild } from "./picture-child.js";
import type { CutRequest, FromProcess, Made, ReadPicture, ReadRequest } from "./picture-protocol.js";
import { type Loss, PictureSlot, type ReadJob } from "./picture-slot.js";

export interface PictureProcessesOptions {
  /** Processes that decode one picture each. */
  count: number;
  /** Memory that decoding may take, in all of them together. */
  decodeBytes: number;
  /** The longest that one picture may take. */
  pictureMs: number;
  /** They give way to all else on their cores. */
  yields?: boolean;
  /** See `Lanes`. */
  patience?: number;
  /** Asked before a picture is begun that is for the model; once it may be, after a no, `resume` is to be called. */
  mayBegin?: (urgent: boolean) => boolean;
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
  /** Tenants get the same time when there is too little; a caller of none is one by itself. */
  tenant?: string | undefined;
  /** Told when it is its turn, once more after it brought a process down. */
  onBegin?: () => void;
  /** Told the place in line, 1 is next, whenever anything in the line has changed. */
  onPlace?: (place: number) => void;
}

export type CutOptions = CutMask & Pick<CutRequest, "limits">;

/** How often the memory and the time of those that work are looked at. */
const lookMs = 50;
const respawnMs = { first: 100, last: 10_000 };
/** Of a picture, beside a small one. */
const mostCost = 32;

/**
 * Reads pictures in processes of their own, one picture at a time each: a file that brings its decoder down, fills memory
 * or never ends costs that picture, and not the service.
 */
export class PictureProcesses {
  readonly budget: ByteBudget;
  readonly confinement: Confinement;
  readonly #options: PictureProcessesOptions;
  readonly #line: WaitingLine<ReadJob>;
  readonly #slots = new Set<PictureSlot>();
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

  /** Pictures that are being read for the model. */
  get reading(): number {
    return this.#forModel.length;
  }

  /** Of these, those that were not urgent when they were begun. */
  get readingOthers(): number {
    return this.#forModel.filter(({ urgent }) => !urgent).length;
  }

  get #jobs(): ReadJob[] {
    return [...this.#slots].flatMap(({ job }) => job ?? []);
  }

  get #forModel(): ReadJob[] {
    return this.#jobs.filter(isForModel);
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
   *   it brought down two processes, IMAGE_TOO_LARGE when somebody else killed the second; CANCELLED when `signal` aborts.
   */
  async read(file: FileParts, request: ReadRequest, options: ReadOptions = {}): Promise<ReadPicture> {
    return (await this.#make(file, request, options)) as ReadPicture;
  }

  /**
   * A PNG file of what is within a mask: see `planCut`.
   * @throws ServiceError as `read` and `planCut` do.
   */
  async cutOut(
    file: FileParts,
    { width, height, counts, limits }: CutOptions,
    options: ReadOptions = {},
  ): Promise<Uint8Array> {
    const mask = Buffer.from(counts, "latin1");
    const request: CutRequest = { limits, cut: { width, height, countsBytes: mask.byteLength } };
    return (await this.#make([...file, mask], request, options)) as Uint8Array;
  }

  /** @returns a picture for a `ReadRequest`, the bytes of a file for a `CutRequest`. */
  #make(file: FileParts, request: ReadRequest | CutRequest, options: ReadOptions): Promise<Made> {
    if (this.#isClosing) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const { signal, caller, tenant, urgent = true, onPlace, onBegin } = options;
      if (signal?.aborted) return reject(cancelled());
      const turn = { caller, tenant, urgent, cost: costOf(file), onPlace, onBegin };
      const job: ReadJob = { file, request, ...turn, isLeft: false, losses: 0, resolve, reject };
      const leave = () => {
        job.isLeft = true;
        if (this.#line.remove(job)) this.#line.tellPlaces();
        reject(cancelled());
      };
      signal?.addEventListener("abort", leave, { once: true });
      job.resolve = (made) => {
        signal?.removeEventListener("abort", leave);
        resolve(made);
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
  hasten(file: FileParts): void {
    this.#line.hasten((job) => job.file === file);
  }

  /** Begins what may be begun by now. */
  resume(): void {
    this.#dispatch();
  }

  /** Whether one that waits gives its place to such a newcomer. */
  givesWayTo({ urgent = true, ...who }: Pick<ReadOptions, "caller" | "tenant" | "urgent">): boolean {
    return this.#line.givesWayTo({ urgent, ...who });
  }

  /** Refuses with `error` the one that gives way. @returns false when none does. */
  displace({ urgent = true, ...who }: Pick<ReadOptions, "caller" | "tenant" | "urgent">, error: ServiceError): boolean {
    return this.#line.displace({ urgent, ...who }, error);
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
      const child = this.#start(reject, {
        onMessage: (message, body) => {
          if (message.kind === "ready") {
            this.#failures = 0;
            resolve();
          }
          this.#hear(slot, message, body);
        },
        onNonsense: () => slot.end("crash"),
        onEnd: ({ signal, error }) => {
          reject(error);
          this.#replace(slot, slot.loss ?? (signal === "SIGKILL" ? "killed" : "crash"));
        },
      });
      if (!child) return;
      const slot = new PictureSlot(child);
      this.#slots.add(slot);
    });
  }

  /** @returns undefined when the system has nothing left to start one with: it is tried again after a pause. */
  #start(
    failed: (error: unknown) => void,
    events: ConstructorParameters<typeof PictureChild>[2],
  ): PictureChild | undefined {
    try {
      return new PictureChild(this.confinement, this.#options, events);
    } catch (error) {
      failed(error);
      this.#spawnLater();
      return undefined;
    }
  }

  #spawnLater(): void {
    const pause = this.#failures === 0 ? 0 : Math.min(respawnMs.first * 2 ** this.#failures, respawnMs.last);
    this.#failures++;
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.#spawn().catch(() => {});
    }, pause);
    this.#respawns.add(timer.unref());
  }

  #hear(slot: PictureSlot, message: FromProcess, body: Uint8Array): void {
    if (message.kind === "cost") {
      slot.wantedBytes = message.bytes;
      return this.#grant();
    }
    if (message.kind === "ready") {
      slot.ready();
      this.#noteServing();
    } else {
      const job = this.#free(slot);
      if (message.kind === "done") job?.resolve(madeOf(message, body));
      else job?.reject(fromWorker({ ...message, id: 0 }));
      if (job && slot.keepsTooMuch) slot.end(undefined);
    }
    this.#dispatch();
  }

  #free(slot: PictureSlot): ReadJob | undefined {
    const job = slot.free();
    this.#grant();
    return job;
  }

  /** Lets those decode for whose pictures there is room, first those that have waited longest. */
  #grant(): void {
    const inLine = [...this.#slots].filter(({ wantedBytes }) => wantedBytes !== undefined);
    for (const slot of inLine.sort((a, b) => a.startedAt - b.startedAt)) {
      // One that costs all there is goes when nothing else is under way.
      const bytes = Math.min(slot.wantedBytes as number, this.budget.limitBytes);
      if (!this.budget.hasRoom(bytes)) return;
      slot.decode(this.budget.hold(bytes));
    }
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.isFree) continue;
      // What is cut out goes by those that the model has no place for yet.
      const next = this.#line.takeIf((job) => !isForModel(job) || this.#options.mayBegin?.(job.urgent) !== false);
      if (!next) break;
      slot.read(next);
    }
    this.#line.tellPlaces();
    if (this.#jobs.length > 0) this.#watch ??= setInterval(() => this.#look(), lookMs).unref();
    else {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
  }

  #look(): void {
    for (const slot of this.#slots) {
      const fault = slot.fault(this.#options);
      if (fault === undefined) continue;
      if (fault === "left") this.#free(slot);
      slot.end(fault === "left" ? undefined : fault);
    }
  }

  /** A process is gone: another takes its place, and its picture is refused, or tried once more. */
  #replace(slot: PictureSlot, loss: Loss): void {
    if (!this.#slots.delete(slot)) return;
    const job = this.#free(slot);
    if (this.#isClosing) return;
    // One that is renewed was told not to be ready before; the others are lost, at work or not.
    if (job || slot.isReady) this.#options.onLost?.(loss);
    if (job) this.#settle(job, loss);
    // One that never got ready is told to the caller of `start`, and tried again after a pause.
    this.#spawnLater();
    this.#noteServing();
    this.#dispatch();
  }

  #settle(job: ReadJob, loss: Loss): void {
    if (job.isLeft) return;
    const { pictureMs, decodeBytes } = this.#options;
    if (loss === "time") return job.reject(tookTooLong(pictureMs));
    if (loss === "memory") return job.reject(tookTooMuch(decodeBytes));
    job.losses++;
    if (job.losses > 1) return job.reject(loss === "killed" ? killedTwice() : broughtDown());
    job.urgent = true;
    this.#line.add(job);
  }

  #noteServing(): void {
    const { isServing } = this;
    if (this.#isClosing || isServing === this.#wasServing) return;
    this.#wasServing = isServing;
    this.#options.onServing?.();
  }
}

const isForModel = ({ request }: ReadJob) => !("cut" in request);

const madeOf = ({ read }: Extract<FromProcess, { kind: "done" }>, body: Uint8Array): Made =>
  read ? { ...read.picture, pixels: { ...read.pixels, data: body } } : body;

/** Its pixels are not known yet; a file of some megabytes takes a picture process longer than one of kilobytes. */
const costOf = (file: FileParts) => Math.min(mostCost, 1 + bytesOf(file) / (1024 * 1024));

const tookTooLong = (pictureMs: number) =>
  imageTooLarge(`Decoding the picture took longer than ${pictureMs / 1000} s. Send a smaller one, or another format.`);

const broughtDown = () => damagedImage("The picture brought down its decoder twice, so it is not taken.");

/** Once it may have been anybody's doing; twice it is most likely this picture's. */
const killedTwice = () =>
  imageTooLarge(
    "The process that decoded the picture was killed twice, most likely because the machine had no memory left. Send a smaller one, or another format.",
  );

const tookTooMuch = (decodeBytes: number) =>
  imageTooLarge(
    `Decoding the picture took more than ${Math.round(decodeBytes / 1024 / 1024)} MiB of memory. ` +
      "Send a smaller one, or another format.",
  );
