import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { DecoderService, type SegmentRequest, type SegmentResponse, type SegmentResult } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import { rpcAttributes, spanName } from "../../services/runtime/grpc/call-origin.js";
import type { DuplexCall, RpcClient } from "../../services/runtime/grpc/client.js";
import type { Origin } from "../../services/runtime/tracing/origin.js";
import { noSpan, type Span, startSpan } from "../../services/runtime/tracing/spans.js";
import { resultOf } from "./outcome.js";

type Waiting = { resolve: (result: SegmentResult) => void; reject: (error: unknown) => void };

const segmentMethod = DecoderService.method.segment;
type SegmentMethod = typeof segmentMethod;

/** The wait for one decoder: each try has its own. */
function tracePrompt(address: string, parent: string): Span {
  if (!parent) return noSpan;
  const attributes = { ...rpcAttributes(segmentMethod), "server.address": address };
  return startSpan(spanName(segmentMethod), { kind: "client", parent, attributes });
}

/** One `DecoderService.Segment` call; answers find their prompt by number. */
export class PromptStream {
  readonly client: RpcClient;
  readonly #call: DuplexCall<MessageInitShape<SegmentMethod["input"]>, MessageShape<SegmentMethod["output"]>>;
  readonly #waiting = new Map<number, Waiting>();
  #nextSequence = 1;
  isOver = false;

  constructor(client: RpcClient, origin: Origin | undefined) {
    this.client = client;
    this.#call = client.duplex(DecoderService.method.segment, { origin });
    this.#read();
  }

  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  segment(request: SegmentRequest, { signal }: Call): Promise<SegmentResult> {
    // The stream's own numbers: a session may repeat one after a reconnect.
    const sequence = this.#nextSequence++;
    const span = tracePrompt(this.client.address, request.traceparent);
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#waiting.delete(sequence);
        span.end(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener("abort", forget, { once: true });
      const settle = (error?: unknown) => {
        signal.removeEventListener("abort", forget);
        span.end(error);
      };
      this.#waiting.set(sequence, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle(error);
          reject(error);
        },
      });
      this.#call.send({ ...request, sequence, traceparent: span.traceparent });
    });
  }

  close(): void {
    this.#call.cancel();
  }

  async #read(): Promise<void> {
    const message = "The decoder ended the stream.";
    let end: unknown = new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 500 });
    try {
      for await (const response of this.#call.responses) {
        const waiting = this.#waiting.get(response.sequence);
        this.#waiting.delete(response.sequence);
        if (waiting) settle(waiting, response);
      }
    } catch (error) {
      end = error;
    }
    this.isOver = true;
    for (const { reject } of this.#waiting.values()) reject(end);
    this.#waiting.clear();
  }
}

function settle({ resolve, reject }: Waiting, response: SegmentResponse): void {
  try {
    resolve(resultOf(response));
  } catch (error) {
    reject(error);
  }
}
