import "../models/no-telemetry.js";
import { Worker } from "node:worker_threads";
import { end } from "./end.js";
import { lost, stopped } from "./pool-errors.js";
import { SilenceWatch } from "./silence-watch.js";
import { WarmKeys } from "./warm-keys.js";
import type { FromWorker, Left, News, ToWorker } from "./worker-protocol.js";

export interface CrewOptions {
  /** Compiled entry file of the worker; calls `serveTasks`. */
  entry: URL;
  /** Given to every worker as `workerData`; the first worker is the one that gets a task that runs alone. */
  data: (worker: WorkerPlace) => unknown;
  size: number;
  /** More workers, which give way to all others on their cores: for what nobody waits for. None when left out. */
  yielding?: number | undefined;
  /** Silence after which a worker that has work hangs; five times what a task usually takes, where that is longer. */
  hungMs: number;
  /** A worker that has not ended so long after `close` hangs, and is stopped; as long as one may be silent, when left out. */
  endMs?: number;
  /** Told of a worker that was lost, and of each try to replace it that failed. */
  onWorkerLost?: (error: Error) => void;
  /** Told of a worker that hangs, with how long it has been silent. */
  onWorkerHung?: (silentMs: number) => void;
}

/** Which of the workers one is. */
interface WorkerPlace {
  isFirst: boolean;
  isYielding: boolean;
}

/** What a worker said of the work that it was given. */
export type Answer = Exclude<FromWorker, { kind: "ready" | "detail" | "part" }>;

/** What becomes of the workers and of what they were given. */
interface CrewEvents<Work> {
  /** A worker is ready. @param taskMs how long a task takes, as it has found out. */
  onReady(taskMs: number | undefined): void;
  /** What a worker says of itself has changed. */
  onDetail(): void;
  /** @param ranMs how long it took, from its last part on. @param isWanted false when it had been given up already. */
  onAnswer(work: Work, answer: Answer, ranMs: number, isWanted: boolean): void;
  /** Some of what it is to do is done. */
  onPart(work: Work, part: unknown): void;
  /** Its worker is lost, or hangs. */
  onGivenUp(work: Work, error: Error): void;
  /** Some may be free that were not, or are no more. */
  onChange(): void;
  /** All hang or are lost, or one works again. @param cause why the last was lost. */
  onServing(isServing: boolean, cause: unknown): void;
  /** How long a task usually takes. */
  usualMs(): number;
}

/** Something that a worker does. */
interface Begun<Work> {
  readonly work: Work;
  startedAt: number;
}

/** A worker thread, and what it does. */
interface Member<Work> extends Readonly<WorkerPlace> {
  readonly worker: Worker;
  readonly warm: WarmKeys;
  isReady: boolean;
  /** What it said of itself last. */
  detail: unknown;
  /** It loads something for what it does. */
  isLoading: boolean;
  /** How many things it can do at once, as it said last. */
  seats: number;
  /** What it does, by the numbers that it knows them by. */
  readonly begun: Map<number, Begun<Work>>;
  /** Tries to replace a lost worker before this one that did not get ready. */
  failures: number;
}

/** A worker that loads a model may be silent for so long, however short its tasks are. */
const loadingMs = 180_000;

/** Pauses between tries to replace a worker: doubled from the first to the last. */
const respawnMs = { first: 250, last: 30_000 };

/** A place at a worker for one thing that it does. */
interface Seat<Work> extends Readonly<WorkerPlace> {
  readonly isReady: boolean;
  /** What is done there; undefined where the seat is free. */
  readonly current: Begun<Work> | undefined;
}

/**
 * Worker threads that do one thing each, or as many at once as they say. One that dies is replaced, and what it had to do is
 * given up. So is that of one which hangs; nothing can end that thread, and it gets nothing else before it has answered.
 */
export class Crew<Work> {
  readonly #options: CrewOptions;
  readonly #events: CrewEvents<Work>;
  readonly #members: Member<Work>[] = [];
  readonly #silence: SilenceWatch<Member<Work>>;
  readonly #respawns = new Set<NodeJS.Timeout>();
  #nextId = 1;
  #wasServing = true;
  #isStarted = false;
  #isClosing = false;

  constructor(options: CrewOptions, events: CrewEvents<Work>) {
    this.#options = options;
    this.#events = events;
    this.#silence = new SilenceWatch(options.hungMs);
  }

  /** @throws the first one's reason when it cannot start; `stopped` when closed. */
  async start(): Promise<void> {
    const { size, yielding = 0 } = this.#options;
    const places = Array.from({ length: size + yielding }, (_, at) => ({ isFirst: at === 0, isYielding: at >= size }));
    await Promise.all(places.map((place) => this.#spawn(place, 0)));
    if (this.#isClosing) throw stopped();
    this.#isStarted = true;
    this.#silence.begin(() => this.#look());
  }

  /** What those that are ready said of themselves last. */
  get details(): unknown[] {
    return this.#members.filter(({ isReady }) => isReady).map(({ detail }) => detail);
  }

  /** False while all workers that people's tasks go to hang, and from a failed try to replace the last one until one is ready. */
  get isServing(): boolean {
    return this.#members.some(
      (one) => !one.isYielding && (one.isReady || one.failures === 0) && !this.#silence.hangs(one),
    );
  }

  /** Those that could begin something now, each as often as it could. */
  get free(): Member<Work>[] {
    return this.#heard
      .filter(({ isReady }) => isReady)
      .flatMap((one) => Array<Member<Work>>(Math.max(0, one.seats - one.begun.size)).fill(one));
  }

  /** The seats of those that do not hang. */
  get heard(): Seat<Work>[] {
    return this.#heard.flatMap(({ isFirst, isYielding, isReady, begun, seats }) => {
      const works = [...begun.values()];
      return Array.from({ length: Math.max(seats, works.length) }, (_, at) => ({
        isFirst,
        isYielding,
        isReady,
        current: works[at],
      }));
    });
  }

  /** Whether nothing is done by those that do not hang. */
  get isIdle(): boolean {
    return this.#heard.every(({ begun }) => begun.size === 0);
  }

  get #heard(): Member<Work>[] {
    return this.#members.filter((one) => !this.#silence.hangs(one));
  }

  /** The longest that a task counts as having taken. */
  get longestMs(): number {
    return this.#silence.longestMs(this.#events.usualMs());
  }

  /** A free worker has something to do from now on. @param key what it has warm then. @returns the work's number. */
  begin(member: Member<Work>, work: Work, key: string | undefined): number {
    const id = this.#nextId++;
    if (member.begun.size === 0) this.#silence.heard(member);
    member.begun.set(id, { work, startedAt: performance.now() });
    if (key !== undefined) member.warm.remember(key, id);
    return id;
  }

  /** Sends a worker what it has begun. @throws Error for what cannot be copied; its seat is free then. */
  send(member: Member<Work>, message: ToWorker): void {
    try {
      member.worker.postMessage(message);
    } catch (error) {
      member.begun.delete(message.id);
      throw error;
    }
  }

  /** Nobody wants a work's result any more: its worker may end it, where it can. */
  leave(work: Work): void {
    for (const { begun, worker } of this.#members) {
      for (const [id, one] of begun) if (one.work === work) worker.postMessage({ left: id } satisfies Left);
    }
  }

  /** Tells every worker something, also those that load or hang: they hear it when they can. */
  tell(news: unknown): void {
    for (const { worker } of this.#members) worker.postMessage({ news } satisfies News);
  }

  /** Gives up what is being done, and ends the workers. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#silence.end();
    for (const timer of this.#respawns) clearTimeout(timer);
    const members = this.#members.splice(0);
    for (const member of members) this.#giveUp(member, stopped());
    await Promise.all(members.map((member) => end(member.worker, this.#options.endMs ?? this.#longestEndMs(member))));
  }

  /** Stopped sooner, one that does what it is to do on a busy machine would take the process with it. */
  #longestEndMs(member: Member<Work>): number {
    return member.isReady && !member.isLoading ? this.longestMs : Math.max(this.longestMs, loadingMs);
  }

  #spawn(place: WorkerPlace, failures: number): Promise<void> {
    const worker = new Worker(this.#options.entry, { workerData: this.#options.data(place) });
    const warm = new WarmKeys();
    const member: Member<Work> = {
      worker,
      ...place,
      warm,
      isReady: false,
      detail: undefined,
      isLoading: false,
      seats: 1,
      begun: new Map(),
      failures,
    };
    this.#members.push(member);
    this.#noteServing();
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          member.isReady = true;
          member.detail = message.detail;
          member.seats = message.seats;
          this.#events.onReady(message.taskMs);
          resolve();
          this.#events.onDetail();
        } else if (message.kind === "detail") {
          this.#note(member, message);
        } else if (message.kind === "part") {
          this.#goOn(member, message);
        } else {
          this.#finish(member, message);
        }
        this.#silence.heard(member);
        this.#noteServing();
        this.#events.onChange();
      });
      worker.on("error", (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      worker.on("exit", (code) => {
        const error = failure ?? new Error(`the worker stopped with exit code ${code}`);
        reject(error);
        this.#replace(member, error);
      });
    });
  }

  /** What is loaded for a task is no part of the task's time. */
  #note(member: Member<Work>, { detail, isLoading, seats }: Extract<FromWorker, { kind: "detail" }>): void {
    member.detail = detail;
    member.isLoading = isLoading;
    member.seats = seats;
    for (const one of member.begun.values()) one.startedAt = performance.now();
    this.#events.onDetail();
  }

  /** What is left takes as long as any other task. */
  #goOn(member: Member<Work>, { id, result }: Extract<FromWorker, { kind: "part" }>): void {
    const one = member.begun.get(id);
    if (!one || this.#silence.hangs(member)) return;
    one.startedAt = performance.now();
    this.#events.onPart(one.work, result);
  }

  #finish(member: Member<Work>, answer: Answer): void {
    const one = member.begun.get(answer.id);
    if (!one) return;
    const { work, startedAt } = one;
    member.begun.delete(answer.id);
    // Who asked has been told when the worker hangs.
    this.#events.onAnswer(work, answer, performance.now() - startedAt, !this.#silence.hangs(member));
  }

  /** A worker is gone: what it did is given up, and another takes its place. */
  #replace(member: Member<Work>, error: Error): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    this.#giveUp(member, lost(error, "WORKER_LOST"));
    // One that cannot start at all is told to the caller of `start`.
    if (this.#isClosing || (!this.#isStarted && !member.isReady)) return;
    this.#options.onWorkerLost?.(error);
    if (member.isReady) this.#respawn(member, 0);
    else this.#respawnLater(member);
    this.#noteServing(error);
    this.#events.onChange();
  }

  #respawn({ isFirst, isYielding }: WorkerPlace, failures: number): void {
    // Its failure arrives in #replace.
    this.#spawn({ isFirst, isYielding }, failures).catch(() => {});
  }

  #respawnLater(member: Member<Work>): void {
    const { failures } = member;
    const pauseMs = Math.min(respawnMs.first * 2 ** failures, respawnMs.last);
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.#respawn(member, failures + 1);
    }, pauseMs);
    this.#respawns.add(timer.unref());
  }

  /** Whoever works or loads should be heard of in a while. */
  #look(): void {
    for (const member of this.#members) {
      if (member.isReady && member.begun.size === 0) continue;
      const silentMs = this.#silence.look(member, this.#events.usualMs(), member.isLoading ? loadingMs : 0);
      if (silentMs === undefined) continue;
      this.#options.onWorkerHung?.(silentMs);
      this.#giveUp(member, lost(undefined, "WORKER_LOST"));
    }
    this.#noteServing();
    this.#events.onChange();
  }

  /** What it does stays on its list until it answers, is ended or replaced. */
  #giveUp({ begun }: Member<Work>, error: Error): void {
    for (const { work } of begun.values()) this.#events.onGivenUp(work, error);
  }

  #noteServing(cause?: unknown): void {
    const { isServing } = this;
    if (this.#isClosing || isServing === this.#wasServing) return;
    this.#wasServing = isServing;
    this.#events.onServing(isServing, cause);
  }
}
