import { type ClientFrame, ErrorCode, type SegmentRequest, type SegmentResult } from "../../proto/index.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Logger } from "../../services/runtime/logger.js";
import { logFields } from "../../services/runtime/tracing/origin.js";
import type { Ask, Line } from "../ask/ask.js";
import type { DetailLimits } from "../ask/detail/detail-limits.js";
import type { DetailEvents } from "../ask/detail/detail-metrics.js";
import { DetailParts } from "../ask/detail/detail-parts.js";
import type { Visitor } from "../callers/visitor.js";
import type { Video } from "../track/video.js";
import { stopping, type Videos } from "../track/videos.js";
import { type ClickReport, ClicksUnderWay } from "./clicks-under-way.js";
import type { Outlet, Receiver } from "./connection.js";
import { explain } from "./explain.js";
import { PromptsWaiting } from "./prompts-waiting.js";
import { SessionWork } from "./session-work.js";
import {
  initialState,
  isIdle,
  type RefusedError,
  type SessionEffect,
  type SessionEvent,
  type SessionLimits,
  type SessionState,
} from "./state/state.js";
import { step } from "./state/step.js";
import { type SessionBytes, weightOf } from "./waiting-bytes.js";

export interface SessionDeps {
  visitor: Visitor;
  ask: Pick<Ask, "openImage" | "everything" | "prepare" | "encodePart">;
  line: Line;
  videos: Pick<Videos, "open">;
  logger: Logger;
  /** For the prompts that wait. */
  waiting: SessionBytes;
  limits: SessionLimits & {
    maxImageBytes: number;
    maxImagePixels: number;
    pictureUrls: boolean;
    waitingMs: number;
    detail: DetailLimits;
  };
  onClick(click: ClickReport): void;
  /** Hears what becomes of answers that are made finer. */
  detailEvents: DetailEvents;
}

/** A picture's session: messages in, the pure `step`, its effects out. */
export class Session implements Receiver {
  readonly id: string;
  readonly #outlet: Outlet;
  readonly #deps: SessionDeps;
  readonly #work: SessionWork;
  readonly #clicks: ClicksUnderWay;
  readonly #waiting = new PromptsWaiting();
  readonly #logger: Logger;
  #state: SessionState = initialState;
  /** Everything modes so far. */
  #runs = 0;
  #onIdle: (() => void) | undefined;
  #video: Video | undefined;

  /** @param traceparent W3C trace context of the upgrade, for what carries none of its own. */
  constructor(id: string, outlet: Outlet, deps: SessionDeps, traceparent?: string) {
    const { ask, line, visitor } = deps;
    const { principal, caller } = visitor;
    this.id = id;
    this.#outlet = outlet;
    this.#deps = deps;
    this.#logger = deps.logger.child({ session: id });
    this.#clicks = new ClicksUnderWay(id, traceparent);
    this.#work = new SessionWork({
      ask,
      line,
      detailEvents: deps.detailEvents,
      parts: new DetailParts(deps.limits.detail),
      principal,
      origin: { session: id, traceparent, caller: caller.key, tenant: caller.tenant },
      apply: (event) => this.#apply(event),
      explain: (error) => explain(error, this.#logger),
      onTurn: (request) => {
        if (!request.draft) this.#clicks.asked(request);
      },
    });
    this.#logger.debug("session opened");
    const { maxImageBytes, maxImagePixels, maxWaitingClicks, pictureUrls } = deps.limits;
    // F2
    this.#outlet.send({
      case: "welcome",
      value: { sessionId: id, maxImageBytes, maxImagePixels, maxWaitingClicks, pictureUrls },
    });
  }

  take(message: ClientFrame["frame"], frameBytes: number): void {
    switch (message.case) {
      case "openImage": {
        const { imageId, model, drafts } = message.value;
        return this.#apply({ kind: "open", image: { imageId: checkImageId(imageId), model, drafts } });
      }
      case "segment":
        return this.#takePrompt(message.value, frameBytes);
      case "everything":
        return this.#apply({ kind: "everything", run: ++this.#runs, request: message.value });
      case "cancelEverything":
        return this.#apply({ kind: "cancel-everything" });
      case "track":
        this.#video ??= this.#openVideo();
        return this.#video.take(message.value, frameBytes);
    }
  }

  /** The connection is gone (B5). */
  disconnected(): void {
    this.#apply({ kind: "close" });
    this.#video?.close();
    this.#waiting.close();
    this.#clicks.close();
    this.#logger.debug("session closed");
    this.#onIdle?.();
  }

  /** Something is still to come for it: an answer, or its picture. */
  get isWaiting(): boolean {
    return (
      this.#state.kind === "encoding" ||
      this.#state.kind === "drafted" ||
      !isIdle(this.#state) ||
      this.#video?.isWaiting === true
    );
  }

  /** Resolves when nothing waits for its answer, or when the signal aborts (B4). */
  async idle(signal: AbortSignal): Promise<void> {
    // A run may take hours: its client opens the video at another gateway, and goes on.
    this.#video?.giveUp(toErrorMessage(stopping()));
    await this.#video?.idle(signal);
    if (isIdle(this.#state) || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Beside the open image, and for as long as the session. */
  #openVideo(): Video {
    const { visitor, videos, waiting } = this.#deps;
    const { principal, caller } = visitor;
    const outlet = this.#outlet;
    return videos.open(
      {
        send: (sequence, update) => {
          outlet.send({ case: "track", value: { sequence, update } });
          return outlet.caughtUp();
        },
      },
      {
        call: {
          signal: new AbortController().signal,
          origin: { session: this.id, caller: caller.key, tenant: caller.tenant },
          principal,
        },
        holdWaiting: (bytes) => waiting.hold(bytes),
        explain: (error) => explain(error, this.#logger),
      },
    );
  }

  #takePrompt(request: SegmentRequest, frameBytes: number): void {
    const { sequence, preview } = request;
    const { waiting, limits } = this.#deps;
    this.#clicks.arrived(request);
    let release: () => void;
    try {
      release = waiting.hold(weightOf(request, frameBytes));
    } catch (error) {
      // C10
      return this.#refuse(sequence, explain(error, this.#logger));
    }
    const late = { mostMs: limits.waitingMs, call: () => this.#apply({ kind: "expired", sequence }) };
    const one = this.#waiting.atTheDoor(sequence, release, preview ? undefined : late);
    this.#apply({ kind: "prompt", request });
    this.#waiting.isIn(sequence, one);
  }

  #apply(event: SessionEvent): void {
    const [state, effects] = step(this.#state, event, this.#deps.limits);
    this.#state = state;
    for (const effect of effects) this.#run(effect);
    if (isIdle(this.#state)) this.#onIdle?.();
  }

  #run(effect: SessionEffect): void {
    switch (effect.kind) {
      case "send-image":
        return this.#outlet.send({ case: "image", value: { imageId: effect.imageId, event: effect.news } });
      case "send-result": {
        const { sequence, result } = effect;
        this.#outlet.send({ case: "segment", value: { sequence, outcome: { case: "result", value: result } } });
        this.#waiting.answered(sequence);
        return this.#answered(sequence, result);
      }
      case "send-draft": {
        const { sequence, result } = effect;
        return this.#outlet.send({ case: "segment", value: { sequence, outcome: { case: "result", value: result } } });
      }
      case "send-error":
        this.#waiting.answered(effect.sequence);
        return this.#refuse(effect.sequence, effect.error);
      case "send-everything":
        return this.#outlet.send({ case: "everything", value: effect.event });
      case "send-everything-failed":
        return this.#outlet.send({ case: "everythingFailed", value: effect.error });
      case "encode":
        return void this.#work.encode(effect);
      case "prepare":
        return this.#work.prepare(effect);
      case "decode":
        if (!effect.request.draft) this.#clicks.asked(effect.request);
        return void this.#work.decode(effect);
      case "make-finer":
        return void this.#work.makeFiner(effect);
      case "abandon-finer":
        return this.#work.abandonFiner();
      case "send-finer": {
        const { sequence, result } = effect;
        const outcome = { case: "result" as const, value: result };
        return this.#outlet.send({ case: "segment", value: { sequence, outcome } });
      }
      case "find-everything":
        return void this.#work.findEverything(effect);
      case "abandon":
        return this.#work.abandonPrompt();
      case "abort-everything":
        return this.#work.abortEverything();
      case "cancel":
        return this.#work.cancel();
    }
  }

  #refuse(sequence: number, error: RefusedError): void {
    this.#outlet.send({ case: "segment", value: { sequence, outcome: { case: "error", value: error } } });
    this.#answered(sequence, error);
  }

  #answered(sequence: number, answer: SegmentResult | RefusedError): void {
    const click = this.#clicks.answered(sequence, answer);
    if (!click) return;
    this.#deps.onClick(click);
    if (!this.#logger.isLevelEnabled("debug")) return;
    const { outcome, totalMs, error, span } = click;
    const code = error && { code: ErrorCode[error.code] };
    this.#logger.debug({ ...logFields({}, span), sequence, outcome, ...code, ms: totalMs }, "click");
  }
}
