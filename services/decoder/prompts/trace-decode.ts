import { EmbeddingSource } from "../../../proto/index.js";
import type { Span } from "../../runtime/tracing/spans.js";
import type { DecodedPrompt } from "../worker/decoder-tasks.js";

/** When a prompt came and was answered, by `performance.now`, and how long it waited for what. */
interface Times extends Pick<DecodedPrompt, "prepareMs" | "decodeMs" | "maskMs"> {
  startedAt: number;
  doneAt: number;
  fetchMs: number;
  queueMs: number;
}

/** The stages as spans, from what was measured here and in the worker's thread. */
export function traceDecode(span: Span, at: Times, source: EmbeddingSource): void {
  const fetchedAt = at.startedAt + at.fetchMs;
  const runAt = fetchedAt + at.queueMs;
  const preparedAt = runAt + at.prepareMs;
  const decodedAt = preparedAt + at.decodeMs;
  span.past("embedding", at.startedAt, fetchedAt, { "maskwire.embedding": EmbeddingSource[source].toLowerCase() });
  span.past("queue", fetchedAt, runAt);
  const run = span.past("worker run", runAt, at.doneAt);
  run.past("prepare embedding", runAt, preparedAt);
  run.past("decode", preparedAt, decodedAt);
  run.past("mask", decodedAt, decodedAt + at.maskMs);
}
