import { overloaded, type ServiceError } from "../../runtime/errors.js";
import { type Answer, Crew, type CrewOptions } from "./crew.js";
import { estimateWait, leftOf } from "./estimate-wait.js";
import { GivingWay } from "./giving-way.js";
import { cancelled, fromWorker, lost, stopped } from "./pool-errors.js";
import { SpareWorker } from "./spare-worker.js";
import { TaskCosts } from "./task-costs.js";
import { TaskTime } from "./task-time.js";
import { type InLine, type Newcomer, tenantOf, WaitingLine } from "./waiting-line.js";
import { chooseWorker } from "./warm-keys.js";

export interface PoolOptions extends CrewOptions {
  /** Tasks that may wait; of one more, one of those who have most is refused. */
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
  /** Told whenever `details` have changed. */
  onDetails?: () => void;
  /** Told whenever `isServing` has changed. */
  onServing?: () => void;
}

export interface TaskOptions<Part = never> {
  signal?: AbortSignal;
  /** Tasks of one key prefer the worker that ran that key last, where what they need is warm. */
  key?: string;
  /** It goes where its key ran last, if that worker is free, also when another could have all cores for it. */
  staysWithKey?: boolean;
  /** Urgent tasks go before the others that wait. */
  urgent?: boolean;
  /**
   * Nobody waits for it: while people of other tenants are at work (see `SpareWorker`) it goes to workers that give way to theirs,
   * or leaves one free where there are none of those.
   */
  bulk?: boolean;
  /**
   * Bulk that goes on for minutes, task after task: it gives way also to people who have not come yet, where there are workers that do.
   */
  lasting?: boolean;
  /** Who asks: callers take turns. Those that are not named are one. */
  caller?: string | undefined;
  /** Whose they are: tenants get the same time when there is too little. A caller of none is one by itself. */
  tenant?: string | undefined;
  /** About how long it takes, beside others of its kind: above 0; 1 when left out. */
  cost?: number | undefined;
  /** Tasks of a kind take about the same time; all are of one kind when left out. How long is measured. */
  kind?: string | undefined;
  /** Its turn has come; the task may be changed still. */
  onStart?: (info: { queueMs: number }) => void;
  /** Hears what of the result can be used while the worker goes on. */
  onPart?: (part: Part) => void;
  /** Called when the place in line changes; 1 is next. @param waitMs until it begins, as estimated now. */
  onPosition?: (position: number, waitMs: number) => void;
}

interface Job<Task, Result, Part> extends InLine {
  task: Task;
  options: TaskOptions<Part>;
  queuedAt: number;
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

/**
 * Worker threads that run one task each, or as many at once as they say, behind one bounded queue. Inference blocks the thread that runs it, so it never
 * happens on the main one. A worker that dies is replaced; the task it had fails as UNAVAILABLE, which is safe to repeat.
 * So does the task of one that hangs.
 */
export class WorkerPool<Task, Result, Part = never> {
  readonly #options: PoolOptions;
  readonly #crew: Crew<Job<Task, Result, Part>>;
  readonly #line: WaitingLine<Job<Task, Result, Part>>;
  readonly #time = new TaskTime();
  readonly #costs = new TaskCosts();
  readonly #spare = new SpareWorker();
  readonly #ways = new GivingWay<Job<Task, Result, Part>>(this.#spare);
  #closing: Promise<void> | undefined;
  #idle: (() => void)[] = [];
  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#line = new WaitingLine({ patience: options.patience });
    this.#crew = new Crew(options, {
      onReady: (taskMs) => {
        if (taskMs !== undefined) this.#time.guess(taskMs);
      },
      onDetail: () => options.onDetails?.(),
      onAnswer: (job, answer, ranMs, isWanted) => this.#settle(job, answer, ranMs, isWanted),
      onPart: (job, part) => job.options.onPart?.(part as Part),
      onGivenUp: (job, error) => job.reject(error),
      onChange: () => {
        this.#dispatch();
        this.#checkIdle();
      },
      onServing: (isServing, cause) => {
        // Nobody is left who could take what waits.
        if (!isServing) for (const job of this.#line.clear()) job.reject(lost(cause));
        options.onServing?.();
      },
      usualMs: () => this.#time.ms,
    });
  }

  /** Resolves when every worker is ready; rejects with the first one's reason when it cannot start. */
  static async start<Task, Result, Part = never>(options: PoolOptions): Promise<WorkerPool<Task, Result, Part>> {
    const { signal } = options;
    if (signal?.aborted) throw stopped();
    const pool = new WorkerPool<Task, Result, Part>(options);
    const giveUp = () => void pool.close();
    signal?.addEventListener("abort", giveUp);
    try {
      await pool.#crew.start();
    } catch (error) {
      await pool.close();
      throw signal?.aborted ? stopped() : error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    return pool;
  }

  /** What the workers that are ready said of themselves last. */
  get details(): unknown[] {
    return this.#crew.details;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** Of these, those that are not urgent. */
  get waitingOthers(): number {
    return this.#line.others;
  }

  /** False while all workers hang, and from a failed try to replace the last one until one is ready. */
  get isServing(): boolean {
    return this.#crew.isServing;
  }

  /** Whether a task that came now would be begun at once. */
  get isFree(): boolean {
    return this.#line.length === 0 && this.#crew.free.some(({ isYielding }) => !isYielding);
  }

  /** Estimated milliseconds until a task that joined the queue now would start. */
  get waitMs(): number {
    return this.isFree ? 0 : this.waitMsAt(this.#line.length + 1);
  }

  /** Estimated milliseconds until the task at that place in line starts; 1 is next. */
  waitMsAt(place: number): number {
    const now = performance.now();
    // One that is being replaced takes as long as a task, for all we know.
    const leftMs = this.#crew.heard
      .filter(({ isYielding }) => !isYielding)
      .map(({ isReady, current }) =>
        isReady ? (current ? leftOf(this.taskMs, now - current.startedAt) : 0) : this.taskMs,
      );
    return Math.round(estimateWait(place, this.taskMs, leftMs));
  }

  /** Milliseconds that a task takes, from those before it; before the first what a worker has said, or 0. */
  get taskMs(): number {
    return this.#time.ms;
  }

  /** The same of tasks of a kind; before the first of them what is known of all. */
  taskMsOf(kind: string): number {
    return this.#costs.msOf(kind) ?? this.taskMs;
  }

  /**
   * @throws ServiceError RESOURCE_EXHAUSTED with a retry hint when the queue is full, or becomes so with tasks of callers who
   *   have fewer, UNAVAILABLE when the worker died or hangs, there is none or the pool is closed, CANCELLED when the signal
   *   aborts before the task has started, or while it runs where the worker can end it; whatever the worker threw.
   */
  async run(task: Task, options: TaskOptions<Part> = {}): Promise<Result> {
    if (this.#closing) throw stopped();
    if (!this.isServing) throw lost();
    if (options.signal?.aborted) throw cancelled();
    this.#makeRoomFor({ urgent: options.urgent ?? false, caller: options.caller, tenant: options.tenant });
    return this.#wait(task, options);
  }

  /** Whether such a caller's task, for which there is no room, would be taken in place of another's. */
  givesWayTo({ urgent = false, ...who }: Pick<TaskOptions, "urgent" | "caller" | "tenant">): boolean {
    return this.#line.givesWayTo({ urgent, ...who });
  }

  /** Refuses the task that gives way to such a newcomer (see `Lanes`). @returns false when none does. */
  displace(
    { urgent = false, ...who }: Pick<TaskOptions, "urgent" | "caller" | "tenant">,
    error: ServiceError,
  ): boolean {
    return this.#line.displace({ urgent, ...who }, error);
  }

  /** Makes a task that waits urgent. Of no effect once it runs. */
  hasten(task: Task): void {
    this.#line.hasten((job) => job.task === task);
  }

  /** Tells all workers something beside their tasks; one that takes the place of a lost one is not told of what was before. */
  tell(news: unknown): void {
    this.#crew.tell(news);
  }

  /** Resolves when nothing waits or runs, or when the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#isIdle || signal.aborted) return;
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
    for (const job of this.#line.clear()) job.reject(stopped());
    const closed = this.#crew.close();
    this.#checkIdle();
    await closed;
  }

  #makeRoomFor(newcomer: Newcomer): void {
    const { maxQueue, maxOthers = maxQueue, what, onDisplaced } = this.#options;
    const { length, others } = this.#line;
    if (length < maxQueue && (newcomer.urgent || others < maxOthers)) return;
    const hint = Math.max(50, this.waitMs);
    const tooMany = overloaded(`Too many ${what} are waiting; try again in ${hint} ms.`, hint);
    if (!this.#line.displace(newcomer, tooMany)) throw tooMany;
    onDisplaced?.();
  }

  #wait(task: Task, options: TaskOptions<Part>): Promise<Result> {
    const { signal, urgent = false, caller, tenant, cost = 1, kind = "", onPosition } = options;
    if (urgent) this.#spare.clicked(tenantOf(options));
    return new Promise((resolve, reject) => {
      const leave = () => {
        // What runs has its worker's word.
        if (!this.#line.remove(job)) return this.#crew.leave(job);
        job.reject(cancelled());
        this.#line.tellPlaces();
        this.#checkIdle();
      };
      const settled = () => signal?.removeEventListener("abort", leave);
      let told = 0;
      const job: Job<Task, Result, Part> = {
        task,
        options,
        urgent,
        caller,
        tenant,
        cost: cost * this.#costs.of(kind),
        queuedAt: performance.now(),
        onPlace: (place) => {
          if (place === told) return;
          told = place;
          onPosition?.(place, this.waitMsAt(place));
        },
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.#line.add(job);
      signal?.addEventListener("abort", leave);
      this.#dispatch();
      this.#line.tellPlaces();
    });
  }

  /** Order is kept: the next task goes to the worker that suits it. */
  #dispatch(): void {
    for (;;) {
      const { free, heard } = this.#crew;
      if (free.length === 0 || this.#line.length === 0) return;
      const line = this.#line;
      const at = {
        free,
        heard,
        waiting: line.length,
        waitingOf: (tenant: string) => line.waitingOf(tenant),
        inLine: () => line.inOrder(),
      };
      let route = { workers: [] as readonly (typeof free)[number][], givesWay: false };
      const job = line.takeIf((one) => {
        route = this.#ways.routeOf(one, at);
        return route.workers.length > 0;
      });
      if (!job) return;
      const { key, staysWithKey, onStart } = job.options;
      const alone = !route.givesWay && this.#ways.hasCoresAlone({ ...at, waiting: line.length });
      const member = chooseWorker(route.workers, { key, staysWithKey, alone });
      const id = this.#crew.begin(member, job, key);
      onStart?.({ queueMs: performance.now() - job.queuedAt });
      try {
        this.#crew.send(member, { id, task: job.task, alone });
      } catch (error) {
        job.reject(error as Error);
      }
      this.#line.tellPlaces();
    }
  }

  #settle(job: Job<Task, Result, Part>, answer: Answer, ranMs: number, isWanted: boolean): void {
    // Also of one that was given up: on a machine that has become slow, workers that are only slow would hang for ever.
    if (answer.kind === "done") {
      this.#time.measured(ranMs, this.#crew.longestMs);
      this.#costs.measured(job.options.kind ?? "", ranMs, this.#crew.longestMs);
    }
    if (!isWanted) return;
    if (answer.kind === "done") job.resolve(answer.result as Result);
    else job.reject(fromWorker(answer));
  }

  get #isIdle(): boolean {
    return this.#line.length === 0 && this.#crew.isIdle;
  }

  #checkIdle(): void {
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
