import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SegmentRequest, SegmentResponseSchema } from "../../proto/index.js";
import { describeError, isInternal } from "../runtime/errors.js";
import type { CallContext, Send } from "../runtime/grpc/serve.js";
import type { Logger } from "../runtime/logger.js";
import type { DecoderTier } from "./decoder-tier.js";

/** Prompts of one stream that are decoded or answered at once; the stream is read on when there are fewer. */
const maxUnderWay = 64;

type Response = MessageInitShape<typeof SegmentResponseSchema>;

/** `DecoderService.Segment`: every request gets one response, as soon as it is done; a failed one does not end the stream. */
export async function segment(
  tier: DecoderTier,
  requests: AsyncIterable<SegmentRequest>,
  send: Send<Response>,
  { signal }: CallContext,
  logger: Logger,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  for await (const request of requests) {
    const answer = respond(tier, request, signal, logger)
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

/** `DecoderService.SegmentOnce`: errors are the call's status. */
export async function segmentOnce(
  tier: DecoderTier,
  request: SegmentRequest,
  { signal }: CallContext,
): Promise<Response> {
  return { sequence: request.sequence, outcome: { case: "result", value: await tier.decode(request, signal) } };
}

async function respond(
  tier: DecoderTier,
  request: SegmentRequest,
  signal: AbortSignal,
  logger: Logger,
): Promise<Response> {
  const { sequence } = request;
  try {
    return { sequence, outcome: { case: "result", value: await tier.decode(request, signal) } };
  } catch (error) {
    if (isInternal(error)) logger.error({ err: error, sequence }, "prompt failed");
    return { sequence, outcome: { case: "error", value: describeError(error) as never } };
  }
}
