import {
  CloseCode,
  type ErrorCode,
  type SegmentEverythingRequest,
  type SegmentRequest,
  type SegmentResult,
} from "../../proto/index.js";
import type { Caller } from "../../services/runtime/callers/caller.js";
import {
  Code,
  describeError,
  isInternal,
  isNotFound,
  overloaded,
  ServiceError,
} from "../../services/runtime/errors.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Logger } from "../../services/runtime/logger.js";
import { logFields, type Origin } from "../../services/runtime/tracing/origin.js";
import { startSpan } from "../../services/runtime/tracing/spans.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask, Line } from "../ask/ask.js";
import { ImageGoneError } from "../ask/image-gone-error.js";
import { type ClickReport, ClicksUnderWay } from "./clicks-under-way.js";
import { type FrameForm, readFrame, type ServerFrameInit, writeFrame } from "./frames.js";
import { PromptsWaiting } from "./prompts-waiting.js";
import {
  type ImageNews,
  initialState,
  type OpenedImage,
  type RefusedError,
  type SessionEffect,
  type SessionEvent,
  type SessionLimits,
  type SessionState,
  step,
} from "./session-state.js";
import { type SessionBytes, weightOf } from "./waiting-bytes.js";

/** What a session needs of its connection. */
export interface SessionSocket {
  readonly isOpen: boolean;
  /** Bytes handed over and not yet sent. */
  readonly bufferedBytes: number;
  send(data: Uint8Array | string): void;
  close(code: CloseCode, reason: string): void;
}

export interface SessionDeps {
  caller: Caller;
  ask: Pick<Ask, "openImage" | "everything" | "prepare">;
  line: Line;
  logger: Logger;
  /** For the prompts that wait. */
  waiting: SessionBytes;
  limits: SessionLimits & {
    maxImageBytes: number;
    maxImagePixels: number;
    pictureUrls: boolean;
    maxBufferedBytes: number;
    waitingMs: number;
  };
  onClick(click: ClickReport): void;
  /** It does not read its answers. */
  onSlowReader(): void;
  /** Its frame is worth so many more than one. */
  onDearFrame(more: number): void;
}

/** Of frames that have other tiers asked at once: as many as so many others (F7). */
const priceOf = { openImage: 5, everything: 10 };

/** F5 */
const maxBadFrames = 10;

/** One WebSocket session: frames in, the pure reducer, its effects out. */
export class Session {
  readonly id: string;
  readonly #socket: SessionSocket;
  readonly #deps: SessionDeps;
  #form: FrameForm;
  #state: SessionState = initialState;
  #badFrames = 0;
  /** What is under way for the open image; aborted when it is not wanted any more. */
  #work = new AbortController();
  /** The prompt at the decoder; aborted when it is not. */
  #prompt = new AbortController();
  /** The everything mode that is under way. */
  #everything: { controller: AbortController; ended: Promise<void> } | undefined;
  readonly #clicks: ClicksUnderWay;
  readonly #waiting = new PromptsWaiting();
  readonly #logger: Logger;
  readonly #origin: Origin;
  #onIdle: (() => void) | undefined;

  /** @param traceparent W3C trace context of the upgrade, for what carries none of its own. */
  constructor(id: string, socket: SessionSocket, form: FrameForm, deps: SessionDeps, traceparent?: string) {
    this.id = id;
    this.#origin = { session: id, traceparent, caller: deps.caller.key };
    this.#clicks = new ClicksUnderWay(id, traceparent);
    this.#logger = deps.logger.child({ session: id });
    this.#logger.debug("session opened");
    this.#socket = socket;
    this.#form = form;
    this.#deps = deps;
    const { maxImageBytes, maxImagePixels, maxWaitingClicks, pictureUrls } = deps.limits;
    this.#send({
      frame: {
        case: "welcome",
        value: { sessionId: id, maxImageBytes, maxImagePixels, maxWaitingClicks, pictureUrls },
      },
    });
  }

  receive(data: Uint8Array, form: FrameForm): void {
    this.#form = form;
    try {
      const { frame } = readFrame(data, form);
      this.#badFrames = 0;
      if (frame.case === "openImage") {
        this.#deps.onDearFrame(priceOf.openImage - 1);
        const { imageId, model } = frame.value;
        this.#apply({ kind: "open", image: { imageId: checkImageId(imageId), model } });
      } else if (frame.case === "segment") {
        this.#segment(frame.value, data.byteLength);
      } else if (frame.case === "everything") {
        this.#deps.onDearFrame(priceOf.everything - 1);
        this.#beginEverything(frame.value);
      } else if (frame.case === "cancelEverything") {
        this.#everything?.controller.abort();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** F7: its frames come faster than they are read. */
  slowed(waitMs: number): void {
    const message = "Frames come faster than they are read; send fewer, and wait for answers.";
    this.#send({ frame: { case: "error", value: this.#explain(overloaded(message, waitMs)) } });
  }

  /** The connection is gone (B5). */
  disconnected(): void {
    this.#apply({ kind: "close" });
    this.#waiting.close();
    this.#clicks.close();
    this.#logger.debug("session closed");
    this.#onIdle?.();
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Resolves when nothing waits for its answer, or when the signal aborts (B4). */
  async idle(signal: AbortSignal): Promise<void> {
    if (this.#isIdle() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #isIdle(): boolean {
    const state = this.#state;
    if (this.#everything) return false;
    if (state.kind === "closed" || state.kind === "no-image" || state.kind === "awaiting-upload") return true;
    return state.clicks.length === 0 && (state.kind === "encoding" || !state.running);
  }

  #segment(request: SegmentRequest, frameBytes: number): void {
    const { sequence, preview } = request;
    const { waiting, limits } = this.#deps;
    this.#clicks.arrived(request);
    let release: () => void;
    try {
      release = waiting.hold(weightOf(request, frameBytes));
    } catch (error) {
      // C10
      return this.#refuse(sequence, this.#explain(error));
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
    if (this.#isIdle()) this.#onIdle?.();
  }

  #run(effect: SessionEffect): void {
    switch (effect.kind) {
      case "send-image":
        return this.#send({ frame: { case: "image", value: { imageId: effect.imageId, event: effect.news } } });
      case "send-result":
        this.#send({
          frame: {
            case: "segment",
            value: { sequence: effect.sequence, outcome: { case: "result", value: effect.result } },
          },
        });
        this.#waiting.answered(effect.sequence);
        return this.#answered(effect.sequence, effect.result);
      case "send-error":
        this.#waiting.answered(effect.sequence);
        return this.#refuse(effect.sequence, effect.error);
      case "cancel":
        this.#work.abort();
        this.#work = new AbortController();
        this.#prompt.abort();
        this.#everything?.controller.abort();
        return this.#deps.line.close();
      case "encode":
        void this.#encode(effect.opening, effect.image);
        return;
      case "decode":
        this.#prompt = new AbortController();
        void this.#decode(effect, this.#prompt.signal);
        return;
      case "abandon":
        return this.#prompt.abort();
    }
  }

  #refuse(sequence: number, error: RefusedError): void {
    this.#send({ frame: { case: "segment", value: { sequence, outcome: { case: "error", value: error } } } });
    this.#answered(sequence, error);
  }

  async #encode(opening: number, image: OpenedImage): Promise<void> {
    const tell = (news: ImageNews) => this.#apply({ kind: "image", opening, news });
    const signal = this.#work.signal;
    const { origin, end } = this.#span("open image");
    const call = { signal, origin, onProgress: tell };
    try {
      const ready = await this.#deps.ask.openImage(image, call);
      end();
      tell({ case: "ready", value: ready });
      // Nobody has clicked yet: the decoder can be ready when somebody does.
      if (this.#state.kind === "ready" && !this.#state.running) void this.#deps.ask.prepare(image, call);
    } catch (error) {
      end(error);
      if (signal.aborted) return;
      if (isNotFound(error)) tell({ case: "missing", value: { $typeName: "maskwire.v1.ImageMissing" } });
      else tell({ case: "failed", value: { $typeName: "maskwire.v1.Error", ...this.#explain(error) } });
    }
  }

  async #decode({ opening, request }: Extract<SessionEffect, { kind: "decode" }>, signal: AbortSignal): Promise<void> {
    const origin = { ...this.#origin, traceparent: request.traceparent };
    this.#clicks.asked(request);
    try {
      const result = await this.#deps.line.segment(request, { signal, origin, ...this.#recovery(opening) });
      if (!signal.aborted) this.#apply({ kind: "answered", opening, result });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ImageGoneError) this.#apply({ kind: "image-gone", opening });
      else this.#apply({ kind: "refused", opening, error: this.#explain(error) });
    }
  }

  /** E2: one at a time, beside the clicks. */
  #beginEverything(request: SegmentEverythingRequest): void {
    const before = this.#everything;
    before?.controller.abort();
    const controller = new AbortController();
    const ended = this.#findEverything(request, this.#state, controller.signal, before?.ended).finally(() => {
      if (this.#everything?.controller === controller) this.#everything = undefined;
      if (this.#isIdle()) this.#onIdle?.();
    });
    this.#everything = { controller, ended };
  }

  /**
   * E3: it ends with `done` or one `everything_failed`.
   * @param state of the moment in which it was asked for. @param before the one whose end is told first.
   */
  async #findEverything(
    request: SegmentEverythingRequest,
    state: SessionState,
    signal: AbortSignal,
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    const { origin, end } = this.#span("everything");
    try {
      const { request: wanted, opening } = onOpenImage(state, request);
      const call = { signal, origin, ...this.#recovery(opening) };
      const events = await this.#deps.ask.everything(wanted, call).catch((error: unknown) => {
        if (error instanceof ImageGoneError) this.#apply({ kind: "image-gone", opening });
        throw error;
      });
      for await (const event of events) {
        signal.throwIfAborted();
        this.#send({ frame: { case: "everything", value: event } });
      }
      end();
    } catch (error) {
      end(error);
      const value = this.#explain(signal.aborted ? cancelledEverything() : error);
      this.#send({ frame: { case: "everythingFailed", value } });
    }
  }

  /** R2: what is told of an encode that the open image needs once more. */
  #recovery(opening: number): Pick<AskCall, "onProgress" | "onRecovered"> {
    return {
      onProgress: (news) => this.#apply({ kind: "image", opening, news }),
      onRecovered: () => this.#apply({ kind: "recovered", opening }),
    };
  }

  /** Work that no click asks for: its span, and what to tell the other tiers of it. */
  #span(name: string): { origin: Origin; end: (error?: unknown) => void } {
    const attributes = { "maskwire.session": this.id };
    const span = startSpan(name, { kind: "server", parent: this.#origin.traceparent, attributes });
    return { origin: { ...this.#origin, traceparent: span.traceparent }, end: (error) => span.end(error) };
  }

  #answered(sequence: number, answer: SegmentResult | RefusedError): void {
    const click = this.#clicks.answered(sequence, answer);
    if (!click) return;
    this.#deps.onClick(click);
    if (!this.#logger.isLevelEnabled("debug")) return;
    const { outcome, totalMs, error, span } = click;
    const code = error && { code: Code[error.code] };
    this.#logger.debug({ ...logFields({}, span), sequence, outcome, ...code, ms: totalMs }, "click");
  }

  #fail(error: unknown): void {
    this.#send({ frame: { case: "error", value: this.#explain(error) } });
    if (++this.#badFrames >= maxBadFrames) this.close(CloseCode.BAD_FRAMES, "too many unreadable frames");
  }

  #explain(error: unknown): RefusedError {
    if (isInternal(error)) this.#logger.error({ err: error }, "session request failed");
    const { code, message, retryAfterMs, reason } = describeError(error);
    return {
      code: code as number as ErrorCode,
      message,
      reason: reason ?? "",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }

  #send(frame: ServerFrameInit): void {
    if (!this.#socket.isOpen) return;
    this.#socket.send(writeFrame(frame, this.#form));
    // B1
    if (this.#socket.bufferedBytes > this.#deps.limits.maxBufferedBytes) {
      this.#deps.onSlowReader();
      this.close(CloseCode.SLOW_READER, "answers are not being read");
    }
  }
}

/** @throws ServiceError FAILED_PRECONDITION when the open image is not ready or another is meant. */
function onOpenImage(state: SessionState, request: SegmentEverythingRequest) {
  if (state.kind !== "ready") throw notNow("No picture is ready; open one and wait until it is.");
  const { imageId, model } = state.image;
  const named = { ...request, imageId: request.imageId.toLowerCase() || imageId, model: request.model || model };
  if (named.imageId !== imageId || named.model !== model) {
    throw notNow("The request is about another picture or model than the open one.");
  }
  return { request: named, opening: state.opening };
}

const notNow = (message: string) => new ServiceError({ code: Code.FAILED_PRECONDITION, message });
const cancelledEverything = () => new ServiceError({ code: Code.CANCELLED, message: "Everything mode was cancelled." });
