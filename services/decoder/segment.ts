import type { MessageInitShape } from "@bufbuild/protobuf";
import { DecoderService, type SegmentRequest, type SegmentResponseSchema } from "../../proto/index.js";
import { describeError, isInternal } from "../runtime/errors.js";
import { originAttributes, rpcAttributes, spanName } from "../runtime/grpc/call-origin.js";
import type { CallContext, Send } from "../runtime/grpc/serve.js";
import { logFields } from "../runtime/tracing/origin.js";
import { type SpanAttributes, startSpan } from "../runtime/tracing/spans.js";
import type { DecoderTier } from "./decoder-tier.js";

/** Prompts of one stream that are decoded or answered at once; the stream is read on when there are fewer. */
const maxUnderWay = 64;

const method = DecoderService.method.segment;

/** What is given up when a newer prompt about its picture comes. */
type Previews = Map<string, AbortController>;

type OnRefused = (operation: string, error: unknown) => void;
/** A stream's, with what its prompts' spans say of it. */
type StreamContext = CallContext & { readonly attributes: SpanAttributes };
type Response = MessageInitShape<typeof SegmentResponseSchema>;

/**
 * `DecoderService.Segment`: every request gets one response, as soon as it is done; a failed one does not end the stream. A
 * preview that waits gives way to the next prompt about its picture.
 */
export async function segment(
  tier: DecoderTier,
  requests: AsyncIterable<SegmentRequest>,
  send: Send<Response>,
  context: CallContext,
  onRefused: OnRefused,
): Promise<void> {
  const stream = { ...context, attributes: { ...rpcAttributes(method), ...originAttributes(context.origin) } };
  const underWay = new Set<Promise<void>>();
  const previews: Previews = new Map();
  context.signal.addEventListener("abort", () => {
    for (const preview of previews.values()) preview.abort();
  });
  for await (const request of requests) {
    previews.get(request.imageId)?.abort();
    const answer = (
      request.preview
        ? respondToPreview(tier, request, stream, onRefused, previews)
        : respond(tier, request, stream, onRefused)
    )
      .then(send)
      // The peer is gone: its signal has cancelled the rest.
      .catch(() => {})
      .finally(() => underWay.delete(answer));
    underWay.add(answer);
    // A peer that sends and does not read must not fill the memory with answers.
    if (underWay.size >= maxUnderWay) await Promise.race(underWay);
  }
  await Promise.all(underWay);
}

async function respondToPreview(
  tier: DecoderTier,
  request: SegmentRequest,
  stream: StreamContext,
  onRefused: OnRefused,
  previews: Previews,
): Promise<Response> {
  const controller = new AbortController();
  previews.set(request.imageId, controller);
  try {
    return await respond(tier, request, { ...stream, signal: controller.signal }, onRefused);
  } finally {
    if (previews.get(request.imageId) === controller) previews.delete(request.imageId);
  }
}

/** `DecoderService.SegmentOnce`: errors are the call's status. */
export async function segmentOnce(tier: DecoderTier, request: SegmentRequest, context: CallContext): Promise<Response> {
  return { sequence: request.sequence, outcome: { case: "result", value: await tier.decode(request, context) } };
}

async function respond(
  tier: DecoderTier,
  request: SegmentRequest,
  { signal, origin, logger, attributes }: StreamContext,
  onRefused: OnRefused,
): Promise<Response> {
  const { sequence, traceparent } = request;
  const span = startSpan(spanName(method), { kind: "server", parent: traceparent, attributes });
  try {
    const value = await tier.decode(request, { signal, origin, span, logger });
    span.end();
    return { sequence, outcome: { case: "result", value } };
  } catch (error) {
    span.end(error);
    onRefused(method.name, error);
    if (isInternal(error)) logger.error({ err: error, sequence, ...logFields({}, span) }, "prompt failed");
    return { sequence, outcome: { case: "error", value: describeError(error) as never } };
  }
}
