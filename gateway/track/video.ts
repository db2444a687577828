import { type EncodePriority, ErrorCode, type TrackCommand, type TrackedMask } from "../../proto/index.js";
import { type ErrorFields, toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import type { TurnLine } from "../../services/runtime/limits/turn-line.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";
import { objectsAt } from "./state/overlaps.js";
import { step } from "./state/step.js";
import {
  type KnownMemory,
  noVideo,
  type Size,
  type Update,
  type VideoEffect,
  type VideoEvent,
  type VideoState,
} from "./state/video-state.js";
import { weightOf } from "./state/weight.js";
import type { KeptBytes } from "./video-bytes.js";
import { VideoWork } from "./video-work.js";

/** Where a video's answers go. */
export interface VideoOutlet {
  /** @returns what resolves when the reader has caught up, where there is more now than it has read. */
  send(sequence: number, update: Update): Promise<void> | undefined;
  /** Told when what was sent has not been read for too long. */
  unread?(): void;
}

export interface VideoDeps {
  ask: Pick<Ask, "segment" | "openImage" | "propagate">;
  call: AskCall;
  turns: Pick<TurnLine, "enter">;
  kept: KeptBytes;
  /** @returns undefined while no decoder says. */
  memoryOf(model: string): KnownMemory | undefined;
  /** For what prompts hold that wait for their answers. @throws ServiceError RESOURCE_EXHAUSTED */
  holdWaiting(bytes: number): () => void;
  limits: {
    readonly frameMs: number;
    readonly unreadMs: number;
    readonly maxWaiting: number;
    readonly retryAfterMs: number;
  };
  explain(error: unknown): ErrorFields;
  priority?: EncodePriority;
}

/** A video's session: commands in, the pure `step`, its effects out. */
export class Video {
  readonly #deps: VideoDeps;
  readonly #outlet: VideoOutlet;
  readonly #work: VideoWork;
  readonly #events: VideoEvent[] = [];
  /** What prompts hold that wait, by their numbers. */
  readonly #waiting = new Map<number, () => void>();
  #state: VideoState = noVideo;
  #isAtWork = false;
  /** Answers that the reader has not caught up with. */
  #unread = 0;
  #late: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;
  readonly #onCaughtUp: (() => void)[] = [];

  constructor(outlet: VideoOutlet, deps: VideoDeps) {
    const { ask, call, turns, limits, explain, priority } = deps;
    this.#deps = deps;
    this.#outlet = outlet;
    this.#work = new VideoWork({
      ask,
      call,
      turns,
      frameMs: limits.frameMs,
      ...(priority === undefined ? {} : { priority }),
      apply: (event) => this.#apply(event),
      explain,
    });
  }

  /** @param bytes of what brought it. */
  take(command: TrackCommand, bytes: number): void {
    if (command.command.case !== "prompt") return this.#apply({ kind: "command", command });
    let release: () => void;
    try {
      release = this.#deps.holdWaiting(bytes);
    } catch (error) {
      this.#send(command.sequence, { case: "failed", value: toErrorMessage(error) });
      return;
    }
    const before = countOf(this.#state);
    this.#apply({ kind: "command", command });
    const number = countOf(this.#state);
    if (this.#isAsked(number) && number > before) this.#waiting.set(number, release);
    else release();
  }

  /** Nothing more is asked: a run that waits for frames ends. */
  ended(): void {
    this.#apply({ kind: "ended" });
  }

  /** Ends the run, if there is one, and says why. */
  giveUp(error: ErrorFields): void {
    this.#apply({ kind: "give-up", error });
  }

  close(): void {
    clearTimeout(this.#late);
    this.#apply({ kind: "close" });
    this.#deps.kept.release();
  }

  /** Something is still to come for whoever asks. */
  get isWaiting(): boolean {
    const state = this.#state;
    if (state.kind !== "open") return false;
    const { run, asked, isBehind } = state;
    // A run with no frame under way, whose reader has caught up, waits for frames that may never come.
    return asked.length > 0 || (run !== undefined && (run.step !== undefined || isBehind));
  }

  /** What is known of a frame's objects. */
  at(frame: number): TrackedMask[] {
    return this.#state.kind === "open" ? objectsAt(this.#state, frame) : [];
  }

  get size(): Size | undefined {
    return this.#state.kind === "open" ? this.#state.size : undefined;
  }

  /** Resolves when nothing is to come any more, or when the signal aborts. */
  async idle(signal: AbortSignal): Promise<void> {
    if (!this.isWaiting || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Resolves when the reader has all that was sent; rejects when the signal aborts before. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    if (this.#unread === 0) return;
    await new Promise<void>((resolve, reject) => {
      const leave = () => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      this.#onCaughtUp.push(() => {
        signal.removeEventListener("abort", leave);
        resolve();
      });
      if (signal.aborted) leave();
    });
  }

  #apply(event: VideoEvent): void {
    this.#events.push(event);
    // An effect's own events come after all of its step's.
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isAtWork = false;
    }
    if (!this.isWaiting) this.#onIdle?.();
  }

  #step(event: VideoEvent): void {
    const { kept, limits, memoryOf } = this.#deps;
    const { maxWaiting, retryAfterMs } = limits;
    const memory = this.#state.kind === "open" ? memoryOf(this.#state.model) : undefined;
    const [state, effects] = step(this.#state, event, { maxBytes: kept.maxBytes, maxWaiting, retryAfterMs, memory });
    this.#state = state;
    kept.keep(state.kind === "open" ? weightOf(state) : 0);
    for (const [number, release] of this.#waiting) {
      if (this.#isAsked(number)) continue;
      release();
      this.#waiting.delete(number);
    }
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: VideoEffect): void {
    switch (effect.kind) {
      case "send":
        return this.#send(effect.sequence, effect.update);
      case "show":
        return void this.#work.show(effect);
      case "abandon-show":
        return this.#work.abandonShow(effect.asked);
      case "make":
        return void this.#work.make(effect);
      case "abandon-make":
        return this.#work.abandonMake();
      case "cancel":
        return this.#work.cancel();
    }
  }

  #send(sequence: number, update: Update): void {
    const caughtUp = this.#outlet.send(sequence, update);
    if (!caughtUp) return;
    if (this.#unread++ === 0) {
      this.#apply({ kind: "reader", isBehind: true });
      this.#late = setTimeout(() => {
        this.giveUp(unread);
        this.#outlet.unread?.();
      }, this.#deps.limits.unreadMs);
    }
    void caughtUp.then(() => {
      if (--this.#unread > 0) return;
      clearTimeout(this.#late);
      this.#apply({ kind: "reader", isBehind: false });
      if (this.#unread === 0) for (const resolve of this.#onCaughtUp.splice(0)) resolve();
    });
  }

  #isAsked(number: number): boolean {
    return this.#state.kind === "open" && this.#state.asked.some((one) => one.number === number);
  }
}

const unread: ErrorFields = {
  code: ErrorCode.DEADLINE_EXCEEDED,
  message: "What the run has made was not read for too long; run again.",
  reason: "",
};

const countOf = (state: VideoState) => (state.kind === "open" ? state.count : 0);
