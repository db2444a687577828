import {
  type Context,
  isSpanContextValid,
  type Span as OtelSpan,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { Code, describeError } from "../errors.js";
import { harmlessId } from "./harmless-id.js";

/** What a span says of itself. Never a picture's bytes, its file's name or its whole id, which lets who knows it ask for masks. */
export type SpanAttributes = Record<string, string | number | boolean | undefined>;

interface SpanInit {
  /** `server`: work that another asked this process for. `client`: a wait for another. Left out: work inside the process. */
  kind?: "server" | "client";
  /** W3C `traceparent` of the span that this one is part of; empty or malformed begins a trace. */
  parent?: string | undefined;
  /** As of `performance.now()`; now when left out. */
  startedAt?: number;
  attributes?: SpanAttributes;
}

/** A piece of work in a trace. Spans that nobody records cost nothing, and pass on the context that they were given. */
export interface Span {
  /** W3C `traceparent` for whoever works on in another process; empty when there is no trace. */
  readonly traceparent: string;
  readonly traceId: string | undefined;
  child(name: string, init?: Omit<SpanInit, "parent">): Span;
  /** A part of this work that was timed where it was done: in a thread, or before anybody knew. Times of `performance.now()`. */
  past(name: string, startedAt: number, endedAt: number, attributes?: SpanAttributes): Span;
  note(attributes: SpanAttributes): void;
  /** @param error of work that failed; the caller's own leaving is none. */
  end(error?: unknown): void;
}

const tracer = trace.getTracer("maskwire");
/** Whether anybody records spans. */
let isRecording = false;
const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** From now on spans are recorded. */
export function recordSpans(): void {
  isRecording = true;
}

/** Begins a span, which must be ended. */
export function startSpan(name: string, { parent: given, ...init }: SpanInit = {}): Span {
  // It may come from a field of a message as well as from a header.
  const parent = harmlessId(given);
  if (!isRecording) return passing(parent ?? "");
  const context = parent ? propagation.extract(ROOT_CONTEXT, { traceparent: parent }) : ROOT_CONTEXT;
  return start(name, context, init, parent);
}

function start(name: string, context: Context, init: Omit<SpanInit, "parent">, parent = ""): Span {
  const { kind, startedAt, attributes } = init;
  const options = {
    kind: kind ? kinds[kind] : SpanKind.INTERNAL,
    ...(startedAt === undefined ? {} : { startTime: startedAt }),
    ...(attributes ? { attributes } : {}),
  };
  const span = tracer.startSpan(name, options, context);
  return isSpanContextValid(span.spanContext()) ? new TracedSpan(span, context) : passing(parent);
}

class TracedSpan implements Span {
  readonly #span: OtelSpan;
  readonly #context: Context;

  constructor(span: OtelSpan, context: Context) {
    this.#span = span;
    this.#context = trace.setSpan(context, span);
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? "01" : "00"}`;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  child(name: string, init: Omit<SpanInit, "parent"> = {}): Span {
    return start(name, this.#context, init);
  }

  past(name: string, startedAt: number, endedAt: number, attributes?: SpanAttributes): Span {
    const span = tracer.startSpan(name, { startTime: startedAt, ...(attributes ? { attributes } : {}) }, this.#context);
    span.end(endedAt);
    return new TracedSpan(span, this.#context);
  }

  note(attributes: SpanAttributes): void {
    for (const [name, value] of Object.entries(attributes))
      if (value !== undefined) this.#span.setAttribute(name, value);
  }

  end(error?: unknown): void {
    if (error !== undefined) {
      const { code } = describeError(error);
      this.#span.setAttribute("error.type", Code[code]);
      if (code !== Code.CANCELLED) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: Code[code] });
    }
    this.#span.end();
  }
}

/** Without tracing here, the trace of those before and after this process stays whole. */
function passing(traceparent: string): Span {
  if (!traceparent) return noSpan;
  return { ...noSpan, traceparent, traceId: traceIdOf(traceparent) };
}

function traceIdOf(traceparent: string): string | undefined {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent)?.[1];
}

export const noSpan: Span = {
  traceparent: "",
  traceId: undefined,
  child: () => noSpan,
  past: () => noSpan,
  note: () => {},
  end: () => {},
};
