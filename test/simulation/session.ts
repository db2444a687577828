import { create } from "@bufbuild/protobuf";
import {
  initialState,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from "../../gateway/sessions/state/state.js";
import { step } from "../../gateway/sessions/state/step.js";
import { EncodeReadySchema, SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import type { Clock } from "./clock.js";
import type { SimulatedEncoders } from "./encoders.js";
import type { SimulatedGateway } from "./gateway.js";
import type { PlannedPicture, PlannedPrompt } from "./visit.js";

interface SessionDeps {
  readonly clock: Clock;
  readonly gateway: SimulatedGateway;
  readonly encoders: SimulatedEncoders;
  readonly visit: Generator<PlannedPicture, never>;
  /** A name that no other session gives to a new picture. */
  readonly name: string;
  readonly watch: SessionWatch;
}

interface SessionWatch {
  /** @param intendedMs when the person meant to click. */
  onClick(intendedMs: number, latencyMs: number): void;
  onDecode(wasWarm: boolean): void;
  /** A click was refused, and is made again when the hint has passed. */
  onRefused(): void;
}

/** Of `MASKWIRE_MAX_WAITING_CLICKS`; the hint is the gateway's. */
const limits = { maxWaitingClicks: 64, clickRetryMs: 200 };
const ready = create(EncodeReadySchema);
/** Without a prompt: nobody looks at it here. */
const request = create(SegmentRequestSchema);
const result = create(SegmentResultSchema);

/** What the names of the album's pictures begin with. */
const ofAlbum = "album-";
export const isOfAlbum = (picture: string) => picture.startsWith(ofAlbum);

/** One person's session: the gateway's own state machine, its effects answered by simulated tiers. */
export class SimulatedSession {
  readonly #deps: SessionDeps;
  /** When each click was meant that has no answer yet, by its sequence. */
  readonly #intended = new Map<number, number>();
  /** The same of those that were refused and are not made again yet. */
  readonly #refusedAt = new Map<number, number>();
  #state: SessionState = initialState;
  #picture = "";
  #news = 0;
  #sequence = 0;
  #endAtMs = 0;
  /** What is said of another decode than this is not heard. */
  #decoding: symbol | undefined;
  /** Clicks of the open picture that are still to be answered, or to be made. */
  #left = 0;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  begin(): void {
    this.#open();
  }

  /** How long clicks have been without an answer. @param counts of the moment at which one was meant. */
  unanswered(counts: (atMs: number) => boolean): number[] {
    const { nowMs } = this.#deps.clock;
    return [...this.#intended.values(), ...this.#refusedAt.values()].filter(counts).map((atMs) => nowMs - atMs);
  }

  #open(): void {
    const { visit, encoders, clock, gateway } = this.#deps;
    const planned = visit.next().value;
    const before = this.#picture;
    this.#picture = planned.album === undefined ? `${this.#deps.name}-${this.#news++}` : `${ofAlbum}${planned.album}`;
    const { prompts, endMs } = planned;
    this.#left = prompts.filter(({ preview }) => !preview).length;
    // Without this the picture that is open already would be answered at once, and its line of clicks kept.
    if (this.#picture !== before)
      this.#apply({ kind: "open", image: { imageId: this.#picture, model: "", drafts: false } });
    encoders.open(this.#picture, () => {
      const { opening } = this.#state as { opening: number };
      this.#apply({ kind: "image", opening, news: { case: "ready", value: ready } });
      gateway.decode({
        picture: this.#picture,
        urgent: false,
        prepareOnly: true,
        onDone: () => {},
        onRefused: () => {},
      });
      this.#endAtMs = clock.nowMs + endMs;
      this.#follow(prompts, clock.nowMs);
    });
  }

  /** Makes the prompts of a picture that was ready then, each planned by the one before: the clock holds few at a time. */
  #follow(prompts: readonly PlannedPrompt[], readyMs: number, next = 0): void {
    const { clock } = this.#deps;
    const planned = prompts[next];
    if (!planned) return;
    clock.at(readyMs + planned.atMs, () => {
      this.#follow(prompts, readyMs, next + 1);
      this.#prompt(clock.nowMs, planned.preview);
    });
  }

  #prompt(intendedMs: number, preview: boolean): void {
    const sequence = ++this.#sequence;
    if (!preview) this.#intended.set(sequence, intendedMs);
    this.#apply({ kind: "prompt", request: { ...request, sequence, preview } });
  }

  #apply(event: SessionEvent): void {
    const [state, effects] = step(this.#state, event, limits);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: SessionEffect): void {
    const { gateway, watch } = this.#deps;
    switch (effect.kind) {
      case "decode": {
        const { opening, request: asked } = effect;
        const decoding = Symbol();
        this.#decoding = decoding;
        const ifWanted = (hear: () => void) => {
          if (this.#decoding === decoding) hear();
        };
        return gateway.decode({
          picture: asked.imageId,
          urgent: !asked.preview,
          caller: this,
          onDone: (wasWarm) =>
            ifWanted(() => {
              watch.onDecode(wasWarm);
              this.#apply({ kind: "answered", opening, result });
            }),
          onRefused: (retryAfterMs) =>
            ifWanted(() =>
              this.#apply({ kind: "refused", opening, error: { code: 8, message: "", reason: "", retryAfterMs } }),
            ),
        });
      }
      case "abandon":
        this.#decoding = undefined;
        return;
      case "send-result":
        return this.#answered(effect.sequence);
      case "send-error":
        return this.#refused(effect.sequence, effect.error.retryAfterMs);
      default:
        // Events for the client, and work that the encoders were told of by `#open`.
        return;
    }
  }

  #answered(sequence: number): void {
    const { clock, watch } = this.#deps;
    const intendedMs = this.#intended.get(sequence);
    if (intendedMs === undefined) return;
    this.#intended.delete(sequence);
    watch.onClick(intendedMs, clock.nowMs - intendedMs);
    if (--this.#left > 0) return;
    clock.after(Math.max(0, this.#endAtMs - clock.nowMs), () => this.#open());
  }

  /** A click is made again; its time counts from the first try. A preview is of its moment. */
  #refused(sequence: number, retryAfterMs = limits.clickRetryMs): void {
    const intendedMs = this.#intended.get(sequence);
    if (intendedMs === undefined) return;
    this.#intended.delete(sequence);
    this.#deps.watch.onRefused();
    this.#refusedAt.set(sequence, intendedMs);
    this.#deps.clock.after(retryAfterMs, () => {
      this.#refusedAt.delete(sequence);
      this.#prompt(intendedMs, false);
    });
  }
}
