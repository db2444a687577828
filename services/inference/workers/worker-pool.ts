import "../models/no-telemetry.js";
import { Worker } from "node:worker_threads";
import { overloaded, type ServiceError } from "../../runtime/errors.js";
import { end } from "./end.js";
import { estimateWait, leftOf } from "./estimate-wait.js";
import { Lanes } from "./lanes.js";
import { cancelled, fromWorker, lost, stopped } from "./pool-errors.js";
import { SilenceWatch } from "./silence-watch.js";
import type { FromWorker, ToWorker } from "./worker-protocol.js";

export interface PoolOptions {
  /** Compiled entry file of the worker; calls `serveTasks`. */
  entry: URL;
  /** Given to every worker as `workerData`; the first worker is the one that gets a task that runs alone. */
  data: (worker: { isFirst: boolean }) => unknown;
  size: number;
  /** Tasks that may wait; of one more, the newest of the caller with the most is refused. */
  maxQueue: number;
  /** Of these, how many may be those that are not urgent; all of them when left out. */
  maxOthers?: number;
  /** See `Lanes`. */
  patience?: number;
  /** Told of a task that was refused because a caller who had fewer took its place. */
  onDisplaced?: () => void;
  /** What waits, for the sentence of the refusal: "decodes". */
  what: string;
  /** Ends the loading of the first workers. */
  signal?: AbortSignal;
  /** Told of a worker that was lost, and of each try to replace it that failed. */
  onWorkerLost?: (error: Error) => void;
  /** Told of a worker that hangs, with how long it has been silent. */
  onWorkerHung?: (silentMs: number) => void;
  /** Told whenever `isServing` has changed. */
  onServing?: () => void;
  /** Silence after which a worker that has work hangs; five times what a task usually takes, where that is longer. */
  hungMs: number;
  /** Longer than any run or loading takes: a worker that has not ended so long after `close` hangs, and is stopped. */
  endMs?: number;
}

export interface TaskOptions {
  signal?: AbortSignal;
  /** Tasks of one key prefer the worker that ran that key last, where what they need is warm. */
  key?: string;
  /** It goes where its key ran last, if that worker is free, also when another could have all cores for it. */
  staysWithKey?: boolean;
  /** Urgent tasks go before the others that wait. */
  urgent?: boolean;
  /** Who asks: callers take turns. Those that are not named are one. */
  caller?: string | undefined;
  onStart?: (info: { queueMs: number }) => void;
  /** Called when the place in line changes; 1 is next. @param waitMs until it begins, as estimated now. */
  onPosition?: (position: number, waitMs: number) => void;
}

interface Job<Task, Result> {
  task: Task;
  options: TaskOptions;
  queuedAt: number;
  hasBegun: boolean;
  /** The place in line that was told last. */
  place: number;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

interface Slot<Task, Result> {
  worker: Worker;
  isFirst: boolean;
  ready: boolean;
  /** What it has warm, the latest last, each with the number of the task that had it last. */
  keys: Map<string, number>;
  current: { id: number; job: Job<Task, Result>; startedAt: number } | undefined;
  /** Tries to replace a lost worker before this one that did not get ready. */
  failures: number;
}

/** How many keys a worker is believed to keep warm. A hint for the choice of worker, never for correctness. */
const keysRemembered = 64;
/** Pauses between tries to replace a worker: doubled from the first to the last. */
const respawnMs = { first: 250, last: 30_000 };

/**
 * Worker threads that run one task each, behind one bounded queue. Inference blocks the thread that runs it, so it never
 * happens on the main one. A worker that dies is replaced; the task it had fails as UNAVAILABLE, which is safe to repeat.
 * So does the task of one that hangs; nothing can end that thread, and it gets no other task before it has answered.
 */
export class WorkerPool<Task, Result> {
  readonly #options: PoolOptions;
  readonly #slots: Slot<Task, Result>[] = [];
  readonly #queue: Lanes<Job<Task, Result>>;
  readonly #silence: SilenceWatch<Slot<Task, Result>>;
  #wasServing = true;
  /** Moving average of a task's time, for retry hints and time left; a worker's own estimate before the first task. */
  #taskMs = 0;
  #isMeasured = false;
  #nextId = 1;
  #started = false;
  #closing: Promise<void> | undefined;
  readonly #respawns = new Set<NodeJS.Timeout>();
  #idle: (() => void)[] = [];
  /** What the workers said when they were ready. */
  details: unknown[] = [];

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#queue = new Lanes({ patience: options.patience, callerOf: ({ options: { caller = "" } }) => caller });
    this.#silence = new SilenceWatch(options.hungMs);
  }

  /** Resolves when every worker is ready; rejects with the first one's reason when it cannot start. */
  static async start<Task, Result>(options: PoolOptions): Promise<WorkerPool<Task, Result>> {
    if (options.signal?.aborted) throw stopped();
    const pool = new WorkerPool<Task, Result>(options);
    const giveUp = () => void pool.close();
    options.signal?.addEventListener("abort", giveUp);
    try {
      pool.details = await Promise.all(Array.from({ length: options.size }, () => pool.#spawn(0)));
      if (pool.#closing) throw stopped();
      pool.#started = true;
      pool.#silence.begin(() => pool.#look());
    } catch (error) {
      await pool.close();
      throw options.signal?.aborted ? stopped() : error;
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
    }
    return pool;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Of these, those that are not urgent. */
  get waitingOthers(): number {
    return this.#queue.others;
  }

  /** False while all workers hang, and from a failed try to replace the last one until one is ready. */
  get isServing(): boolean {
    return this.#slots.some((slot) => (slot.ready || slot.failures === 0) && !this.#silence.hangs(slot));
  }

  /** Whether a task that came now would be begun at once. */
  get isFree(): boolean {
    return this.#queue.length === 0 && this.#slots.some((slot) => slot.ready && !slot.current);
  }

  /** Estimated milliseconds until a task that joined the queue now would start. */
  get waitMs(): number {
    const free = this.#slots.some((slot) => slot.ready && !slot.current);
    return free ? 0 : this.#waitMs(this.#queue.length + 1);
  }

  /** Estimated milliseconds until the task at that place in line starts; 1 is next. */
  waitMsAt(place: number): number {
    return this.#waitMs(place);
  }

  /** Milliseconds that a task takes, from those before it; before the first what a worker has said, or 0. */
  get taskMs(): number {
    return this.#taskMs;
  }

  /**
   * @throws ServiceError RESOURCE_EXHAUSTED with a retry hint when the queue is full, or becomes so with tasks of callers who
   *   have fewer, UNAVAILABLE when the worker died
   *   or hangs, there is none or the pool is closed, CANCELLED when the signal aborts before the task has started; whatever the worker threw.
   */
  run(task: Task, options: TaskOptions = {}): Promise<Result> {
    if (this.#closing) return Promise.reject(stopped());
    if (!this.isServing) return Promise.reject(lost());
    if (options.signal?.aborted) return Promise.reject(cancelled());
    if (this.#isFull(options)) {
      if (!this.displace(options)) return Promise.reject(this.#tooMany());
      this.#options.onDisplaced?.();
    }
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const leave = () => {
        if (!this.#queue.remove(job)) return;
        job.reject(cancelled());
        this.#tellPositions();
        this.#checkIdle();
      };
      const settled = () => signal?.removeEventListener("abort", leave);
      const job: Job<Task, Result> = {
        task,
        options,
        queuedAt: performance.now(),
        hasBegun: false,
        place: 0,
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.#queue.add(job, options.urgent === true);
      this.#dispatch();
      // One that runs already is past leaving.
      if (!job.hasBegun) signal?.addEventListener("abort", leave);
      this.#tellPositions();
    });
  }

  /** Whether a task of this caller would be taken now, be it in place of another's. */
  hasRoomFor(options: Pick<TaskOptions, "urgent" | "caller">): boolean {
    return !this.#isFull(options) || this.givesWayTo(options);
  }

  givesWayTo(options: Pick<TaskOptions, "urgent" | "caller">): boolean {
    return this.#givesWayTo(options) !== undefined;
  }

  /** Refuses the task that gives way to such a newcomer (see `Lanes`). @returns false when none does. */
  displace(options: Pick<TaskOptions, "urgent" | "caller">, error: ServiceError = this.#tooMany()): boolean {
    const job = this.#givesWayTo(options);
    if (!job || !this.#queue.remove(job)) return false;
    job.reject(error);
    return true;
  }

  #isFull({ urgent = false }: Pick<TaskOptions, "urgent">): boolean {
    const { maxQueue, maxOthers = maxQueue } = this.#options;
    return this.#queue.length >= maxQueue || (!urgent && this.#queue.others >= maxOthers);
  }

  #givesWayTo({ urgent = false, caller = "" }: Pick<TaskOptions, "urgent" | "caller">): Job<Task, Result> | undefined {
    return this.#queue.givesWayTo(caller, urgent);
  }

  #tooMany(): ServiceError {
    const hint = Math.max(50, this.waitMs);
    return overloaded(`Too many ${this.#options.what} are waiting; try again in ${hint} ms.`, hint);
  }

  /** Makes a task that waits urgent. Of no effect once it runs. */
  hasten(task: Task): void {
    const job = this.#queue.inOrder().find((one) => one.task === task);
    if (job && this.#queue.hasten(job)) this.#tellPositions();
  }

  /** Resolves when nothing waits or runs, or when the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#isIdle() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Rejects what waits and runs, and ends the workers. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#silence.end();
    for (const timer of this.#respawns) clearTimeout(timer);
    for (const job of this.#queue.clear()) job.reject(stopped());
    const slots = this.#slots.splice(0);
    for (const { current } of slots) current?.job.reject(stopped());
    this.#checkIdle();
    await Promise.all(slots.map(({ worker }) => end(worker, this.#options.endMs ?? 10_000)));
  }

  #spawn(failures: number): Promise<unknown> {
    const isFirst = !this.#slots.some((slot) => slot.isFirst);
    const worker = new Worker(this.#options.entry, { workerData: this.#options.data({ isFirst }) });
    const slot: Slot<Task, Result> = { worker, isFirst, ready: false, keys: new Map(), current: undefined, failures };
    this.#slots.push(slot);
    this.#noteServing();
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          slot.ready = true;
          if (!this.#isMeasured && message.taskMs !== undefined) this.#taskMs = message.taskMs;
          resolve(message.detail);
        } else {
          this.#finish(slot, message);
        }
        this.#silence.heard(slot);
        this.#noteServing();
        this.#dispatch();
      });
      worker.on("error", (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      worker.on("exit", (code) => {
        const error = failure ?? new Error(`the worker stopped with exit code ${code}`);
        reject(error);
        this.#replace(slot, error);
      });
    });
  }

  /** A worker is gone: its task fails, and another takes its place. */
  #replace(slot: Slot<Task, Result>, error: Error): void {
    const index = this.#slots.indexOf(slot);
    if (index < 0) return;
    this.#slots.splice(index, 1);
    slot.current?.job.reject(lost(error, "WORKER_LOST"));
    // One that cannot start at all is told to the caller of `start`.
    if (this.#closing || (!this.#started && !slot.ready)) return;
    this.#options.onWorkerLost?.(error);
    if (slot.ready) {
      this.#respawn(0);
    } else {
      const timer = setTimeout(
        () => {
          this.#respawns.delete(timer);
          this.#respawn(slot.failures + 1);
        },
        Math.min(respawnMs.first * 2 ** slot.failures, respawnMs.last),
      );
      this.#respawns.add(timer.unref());
    }
    this.#noteServing(error);
    this.#checkIdle();
  }

  /** Whoever works or loads should be heard of in a while. */
  #look(): void {
    for (const slot of this.#slots) {
      if (slot.ready && !slot.current) continue;
      const silentMs = this.#silence.look(slot, this.#taskMs);
      if (silentMs === undefined) continue;
      this.#options.onWorkerHung?.(silentMs);
      slot.current?.job.reject(lost(undefined, "WORKER_LOST"));
    }
    this.#noteServing();
    this.#checkIdle();
  }

  #noteServing(cause?: unknown): void {
    const { isServing } = this;
    if (this.#closing || isServing === this.#wasServing) return;
    this.#wasServing = isServing;
    // Nobody is left who could take what waits.
    if (!isServing) for (const job of this.#queue.clear()) job.reject(lost(cause));
    this.#options.onServing?.();
  }

  #respawn(failures: number): void {
    // Its failure arrives in #replace.
    this.#spawn(failures).catch(() => {});
  }

  #finish(slot: Slot<Task, Result>, message: Exclude<FromWorker, { kind: "ready" }>): void {
    if (slot.current?.id !== message.id) return;
    const { job, startedAt } = slot.current;
    slot.current = undefined;
    // Also of one that was given up: on a machine that has become slow, workers that are only slow would hang for ever.
    if (message.kind === "done") this.#learn(performance.now() - startedAt);
    // Who asked has been told that the worker hangs.
    if (this.#silence.hangs(slot)) return;
    if (message.kind === "done") job.resolve(message.result as Result);
    else job.reject(fromWorker(message));
    this.#checkIdle();
  }

  #learn(ranMs: number): void {
    // A process that was stopped for an hour is no measure of its tasks.
    const taskMs = Math.min(ranMs, this.#silence.longestMs(this.#taskMs));
    this.#taskMs = this.#isMeasured ? 0.8 * this.#taskMs + 0.2 * taskMs : taskMs;
    this.#isMeasured = true;
  }

  #checkIdle(): void {
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #dispatch(): void {
    for (;;) {
      const free = this.#slots.filter((slot) => slot.ready && !slot.current);
      const first = this.#queue.peek();
      if (free.length === 0 || !first) return;
      // Order is kept: the oldest task goes next, to the worker that has its key warm if that one is free.
      const { key, staysWithKey = false } = first.options;
      // A task that has the machine to itself goes to the first worker, which may use all cores for it.
      const alone = this.#queue.length === 1 && this.#heard.every(({ current }) => !current);
      const slot =
        (staysWithKey ? warmest(free, key) : undefined) ??
        (alone ? free.find(({ isFirst }) => isFirst) : undefined) ??
        warmest(free, key) ??
        leastLoaded(free);
      this.#queue.take();
      this.#assign(slot, first, alone);
      this.#tellPositions();
    }
  }

  #assign(slot: Slot<Task, Result>, job: Job<Task, Result>, alone: boolean): void {
    const id = this.#nextId++;
    const startedAt = performance.now();
    slot.current = { id, job, startedAt };
    job.hasBegun = true;
    this.#silence.heard(slot);
    const { key, onStart } = job.options;
    if (key !== undefined) remember(slot.keys, key, id);
    onStart?.({ queueMs: startedAt - job.queuedAt });
    try {
      slot.worker.postMessage({ id, task: job.task, alone } satisfies ToWorker);
    } catch (error) {
      // A task that cannot be copied must not keep its worker.
      slot.current = undefined;
      job.reject(error as Error);
    }
  }

  #tellPositions(): void {
    for (const [index, job] of this.#queue.inOrder().entries()) {
      const { onPosition } = job.options;
      if (!onPosition || job.place === index + 1) continue;
      job.place = index + 1;
      onPosition(job.place, this.#waitMs(job.place));
    }
  }

  #waitMs(place: number): number {
    const now = performance.now();
    // One that is being replaced takes as long as a task, for all we know.
    const leftMs = this.#heard.map(({ ready, current }) =>
      ready ? (current ? leftOf(this.#taskMs, now - current.startedAt) : 0) : this.#taskMs,
    );
    return Math.round(estimateWait(place, this.#taskMs, leftMs));
  }

  /** Workers that do not hang. */
  get #heard(): Slot<Task, Result>[] {
    return this.#slots.filter((slot) => !this.#silence.hangs(slot));
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#heard.every(({ current }) => !current);
  }
}

type Warm = Pick<Slot<unknown, unknown>, "keys">;

/** Where a task of this key ran last. */
function warmest<S extends Warm>(slots: S[], key = ""): S | undefined {
  const latest = Math.max(...slots.map(({ keys }) => keys.get(key) ?? 0));
  return latest > 0 ? slots.find(({ keys }) => keys.get(key) === latest) : undefined;
}

function leastLoaded<S extends Warm>(slots: S[]): S {
  return slots.reduce((best, slot) => (slot.keys.size < best.keys.size ? slot : best));
}

function remember(keys: Map<string, number>, key: string, id: number): void {
  keys.delete(key);
  keys.set(key, id);
  for (const oldest of keys.keys()) {
    if (keys.size <= keysRemembered) return;
    keys.delete(oldest);
  }
}
