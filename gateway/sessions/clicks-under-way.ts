import type { SegmentRequest, SegmentResult } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { fromErrorMessage } from "../../services/runtime/grpc/error-message.js";
import { type Span, startSpan } from "../../services/runtime/tracing/spans.js";
import type { RefusedError } from "./state/state.js";

/** What became of one click. */
export interface ClickReport {
  outcome: "answered" | "refused";
  /** From the click's frame to its answer. */
  totalMs: number;
  /** Where the time went; of an answered click only. What is not the decoder's is `wait`, for its turn, and `network`. */
  stagesMs: Record<string, number>;
  error: RefusedError | undefined;
}

interface Prompt {
  isPreview: boolean;
  arrivedAt: number;
  askedAt: number | undefined;
  span: Span;
}

/** A session's prompts from their frames to their answers: how long they take, and their part in a trace. */
export class ClicksUnderWay {
  readonly #session: string;
  readonly #parent: string | undefined;
  readonly #prompts = new Map<number, Prompt>();

  /** @param parent W3C trace context of the session's upgrade, for prompts that carry none. */
  constructor(session: string, parent: string | undefined) {
    this.#session = session;
    this.#parent = parent;
  }

  /** Gives the request the trace context of its own span. */
  arrived(request: SegmentRequest): void {
    const { sequence, preview: isPreview } = request;
    const span = startSpan(isPreview ? "preview" : "click", {
      kind: "server",
      parent: request.traceparent || this.#parent,
      attributes: { "maskwire.session": this.#session, "maskwire.sequence": sequence },
    });
    this.#prompts.set(sequence, { isPreview, arrivedAt: performance.now(), askedAt: undefined, span });
    request.traceparent = span.traceparent;
  }

  /** Its turn has come, in its session and of its caller: a decoder is asked. */
  asked({ sequence }: SegmentRequest): void {
    const prompt = this.#prompts.get(sequence);
    if (prompt) prompt.askedAt = performance.now();
  }

  /** @returns what to count; nothing for a preview. */
  answered(sequence: number, answer: SegmentResult | RefusedError): (ClickReport & { span: Span }) | undefined {
    const prompt = this.#prompts.get(sequence);
    if (!prompt) return undefined;
    this.#prompts.delete(sequence);
    const { span, arrivedAt, askedAt, isPreview } = prompt;
    const error = "masks" in answer ? undefined : answer;
    span.end(error && fromErrorMessage(error));
    if (isPreview) return undefined;
    const totalMs = performance.now() - arrivedAt;
    const stagesMs = "masks" in answer ? stagesOf(answer, totalMs, (askedAt ?? arrivedAt) - arrivedAt) : {};
    return { outcome: error ? "refused" : "answered", totalMs, stagesMs, error, span };
  }

  /** The session is over: what is still under way is nobody's any more. */
  close(): void {
    const left = new ServiceError({ code: Code.CANCELLED, message: "The session is closed." });
    for (const { span } of this.#prompts.values()) span.end(left);
    this.#prompts.clear();
  }
}

function stagesOf({ timings }: SegmentResult, totalMs: number, wait: number): Record<string, number> {
  if (!timings) return { wait };
  const { queueMs: queue, embeddingMs: embedding, decodeMs: decode, maskMs: mask } = timings;
  const network = Math.max(0, totalMs - wait - queue - embedding - decode - mask);
  return { wait, network, queue, embedding, decode, mask };
}
