import type { MessageInitShape } from "@bufbuild/protobuf";
import { DecoderService, type SegmentRequest, type SegmentResponseSchema } from "../../../proto/index.js";
import { isInternal } from "../../runtime/errors.js";
import { originAttributes, rpcAttributes, spanName } from "../../runtime/grpc/call-origin.js";
import { toErrorMessage } from "../../runtime/grpc/error-message.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { logFields } from "../../runtime/tracing/origin.js";
import { type SpanAttributes, startSpan } from "../../runtime/tracing/spans.js";
import type { PromptDecoder } from "../prompts/prompt-decoder.js";
import type { Handlers } from "./handlers.js";

/** Prompts of one stream that are decoded or answered at once; the stream is read on when there are fewer. */
const maxUnderWay = 64;

const method = DecoderService.method.segment;

/** What is given up when a newer prompt about its picture comes, by `subjectOf`. */
type Previews = Map<string, AbortController>;
type Response = MessageInitShape<typeof SegmentResponseSchema>;
/** A stream's, with what its prompts' spans say of it. */
type StreamContext = CallContext & { readonly attributes: SpanAttributes };

/**
 * Every request gets one response, as soon as it is done; a failed one does not end the stream. A preview that waits gives way
 * to the next prompt about its picture.
 * @param onRefused told of every prompt that was not answered.
 */
export function segment(
  prompts: Pick<PromptDecoder, "decode">,
  onRefused: (operation: string, error: unknown) => void,
): Handlers["segment"] {
  return async (requests, send, context) => {
    const stream = { ...context, attributes: { ...rpcAttributes(method), ...originAttributes(context.origin) } };
    const underWay = new Set<Promise<void>>();
    const previews: Previews = new Map();
    context.signal.addEventListener("abort", () => {
      for (const preview of previews.values()) preview.abort();
    });
    const take = async (request: SegmentRequest) => {
      giveWay(request, previews);
      const response = request.preview ? respondToPreview(request, stream, previews) : respond(request, stream);
      const answer = response
        .then(send)
        // The peer is gone: its signal has cancelled the rest.
        .catch(() => {})
        .finally(() => underWay.delete(answer));
      underWay.add(answer);
      // A peer that sends and does not read must not fill the memory with answers.
      if (underWay.size >= maxUnderWay) await Promise.race(underWay);
    };
    try {
      for await (const request of requests) await take(request);
    } finally {
      // Whatever ends the stream, what came before is answered first.
      await Promise.all(underWay);
    }
  };

  async function respondToPreview(
    request: SegmentRequest,
    stream: StreamContext,
    previews: Previews,
  ): Promise<Response> {
    const controller = new AbortController();
    const subject = subjectOf(request);
    previews.set(subject, controller);
    try {
      return await respond(request, { ...stream, signal: controller.signal });
    } finally {
      if (previews.get(subject) === controller) previews.delete(subject);
    }
  }

  async function respond(
    request: SegmentRequest,
    { signal, origin, principal, logger, attributes, take, audited }: StreamContext,
  ): Promise<Response> {
    const { sequence, traceparent } = request;
    const span = startSpan(spanName(method), { kind: "server", parent: traceparent, attributes });
    try {
      const value = await prompts.decode(request, { signal, origin, principal, span, logger, take, audited });
      span.end();
      return { sequence, outcome: { case: "result", value } };
    } catch (error) {
      span.end(error);
      onRefused(method.name, error);
      audited.ended(error);
      if (isInternal(error)) logger.error({ err: error, sequence, ...logFields({}, span) }, "prompt failed");
      return { sequence, outcome: { case: "error", value: toErrorMessage(error) } };
    }
  }
}

/** The picture, or a part of it: who hovers over the one is not in the way of what is made finer on the other. */
const subjectOf = ({ imageId, crop }: SegmentRequest) =>
  crop ? `${imageId} ${crop.x},${crop.y},${crop.width},${crop.height}` : imageId;

/** A preview takes the place of one about the same; what is no preview, of all about its picture. */
function giveWay(request: SegmentRequest, previews: Previews): void {
  const subject = subjectOf(request);
  for (const [other, preview] of previews) {
    if (request.preview ? other === subject : other.startsWith(request.imageId)) preview.abort();
  }
}
