import { create } from "@bufbuild/protobuf";
import { ImageDraftSchema, type SegmentRequest } from "../../proto/index.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import { isNotFound } from "../../services/runtime/errors.js";
import type { Origin } from "../../services/runtime/tracing/origin.js";
import { startSpan } from "../../services/runtime/tracing/spans.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask, Line } from "../ask/ask.js";
import type { DetailEvents } from "../ask/detail/detail-metrics.js";
import type { DetailParts } from "../ask/detail/detail-parts.js";
import { makeFiner } from "../ask/detail/make-finer.js";
import { ImageGoneError } from "../ask/image-gone-error.js";
import type { EncodeProgress } from "../peers/encoders.js";
import type { ImageNews, RefusedError, SessionEffect, SessionEvent } from "./state/state.js";

type Effect<K extends SessionEffect["kind"]> = Extract<SessionEffect, { kind: K }>;

interface SessionWorkOptions {
  /** Whose session it is. */
  principal: Principal;
  ask: Pick<Ask, "openImage" | "everything" | "prepare" | "encodePart">;
  line: Line;
  detailEvents: DetailEvents;
  parts: DetailParts;
  /** Of the session: whom all of it is for. */
  origin: Origin;
  /** Hears what comes of it. */
  apply(event: SessionEvent): void;
  explain(error: unknown): RefusedError;
  /** A prompt has waited for its caller's turn, and goes to a decoder now. */
  onTurn(request: SegmentRequest): void;
}

/** What a session has under way at the other tiers: begun and given up by its effects, told of by its events. */
export class SessionWork {
  readonly #options: SessionWorkOptions;
  /** What is under way for the open image. */
  #image = new AbortController();
  /** The latest opening: what is done for the image after it is part of its trace. */
  #opened: AskCall | undefined;
  /** The prompt at the decoder. */
  #prompt = new AbortController();
  /** What is made finer behind the prompts. */
  #finer = new AbortController();
  #everything = new AbortController();

  constructor(options: SessionWorkOptions) {
    this.#options = options;
  }

  async encode({ opening, image }: Effect<"encode">): Promise<void> {
    const { ask, principal, apply, explain } = this.#options;
    const { signal } = this.#image;
    const { origin, end } = this.#span("open image");
    const tell = (news: ImageNews) => apply({ kind: "image", opening, news });
    this.#opened = { signal, origin, principal };
    try {
      const onProgress = (progress: EncodeProgress) => tell(newsOf(progress));
      const value = await ask.openImage(image, { ...this.#opened, onProgress });
      end();
      tell({ case: "ready", value });
    } catch (error) {
      end(error);
      if (signal.aborted) return;
      if (isNotFound(error)) tell({ case: "missing", value: { $typeName: "maskwire.v1.ImageMissing" } });
      else tell({ case: "failed", value: { $typeName: "maskwire.v1.Error", ...explain(error) } });
    }
  }

  prepare({ image: { imageId, model } }: Effect<"prepare">): void {
    if (this.#opened) void this.#options.ask.prepare({ imageId, model }, this.#opened);
  }

  async decode({ opening, request }: Effect<"decode">): Promise<void> {
    const { line, origin, principal, parts, apply, onTurn, explain } = this.#options;
    this.#prompt = new AbortController();
    const { signal } = this.#prompt;
    const traced = { ...origin, traceparent: request.traceparent };
    const told = { ...this.#recovery(opening), onTurn: () => onTurn(request) };
    const takePart: AskCall["takePart"] = (picture, part) => parts.take(picture, part);
    const call: AskCall = { signal, origin: traced, principal, takePart, ...told };
    try {
      const result = await line.segment(request, call);
      if (!signal.aborted) apply({ kind: "answered", opening, result });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ImageGoneError) apply({ kind: "image-gone", opening });
      else apply({ kind: "refused", opening, error: explain(error) });
    }
  }

  abandonPrompt(): void {
    this.#prompt.abort();
  }

  /** Z5: the part's encode waits for people, and its decode is worth no more than a preview. */
  async makeFiner({ opening, request, first, plan }: Effect<"make-finer">): Promise<void> {
    const { ask, line, origin, principal, detailEvents, parts, apply } = this.#options;
    this.#finer = new AbortController();
    const { signal } = this.#finer;
    const { sequence } = request;
    if (!parts.take(request, plan.part)) {
      detailEvents.ended("refused", 0);
      return apply({ kind: "finer", opening, sequence, result: undefined });
    }
    const call = { signal, origin: { ...origin, traceparent: request.traceparent }, principal };
    const ports = { encodePart: ask.encodePart, segment: line.segment };
    try {
      const result = await makeFiner(ports, { ...request, preview: true }, first, plan, call, detailEvents);
      if (!signal.aborted) apply({ kind: "finer", opening, sequence, result });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  abandonFiner(): void {
    this.#finer.abort();
  }

  async findEverything({ run, opening, request }: Effect<"find-everything">): Promise<void> {
    const { ask, principal, apply, explain } = this.#options;
    this.#everything = new AbortController();
    const { signal } = this.#everything;
    const { origin, end } = this.#span("everything");
    try {
      const call = { signal, origin, principal, ...this.#recovery(opening) };
      for await (const event of await ask.everything(request, call)) {
        signal.throwIfAborted();
        apply({ kind: "everything-event", run, event });
      }
      end();
    } catch (error) {
      end(error);
      if (signal.aborted) return;
      if (error instanceof ImageGoneError) apply({ kind: "image-gone", opening });
      apply({ kind: "everything-ended", run, error: explain(error) });
    }
  }

  abortEverything(): void {
    this.#everything.abort();
  }

  cancel(): void {
    this.#image.abort();
    this.#image = new AbortController();
    this.#prompt.abort();
    this.#finer.abort();
    this.#everything.abort();
    this.#options.line.close();
  }

  /** R2: what is told of an encode that the open image needs once more. */
  #recovery(opening: number): Pick<AskCall, "onProgress" | "onRecovered"> {
    const { apply } = this.#options;
    return {
      onProgress: (progress) => apply({ kind: "image", opening, news: newsOf(progress) }),
      onRecovered: () => apply({ kind: "recovered", opening }),
    };
  }

  /** Work that no click asks for: its span, and what to tell the other tiers of it. */
  #span(name: string): { origin: Origin; end: (error?: unknown) => void } {
    const { origin } = this.#options;
    const attributes = { "maskwire.session": origin.session };
    const span = startSpan(name, { kind: "server", parent: origin.traceparent, attributes });
    return { origin: { ...origin, traceparent: span.traceparent }, end: (error) => span.end(error) };
  }
}

/** An encoder's word as the session's own. */
function newsOf(progress: EncodeProgress): ImageNews {
  if (progress.case !== "draft") return progress;
  const { image } = progress.value;
  return { case: "draft", value: create(ImageDraftSchema, image ? { image } : {}) };
}
