import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type SegmentRequest, SegmentRequestSchema } from "../../proto/index.js";
import { Code, overloaded } from "../runtime/errors.js";
import { callContext } from "../runtime/testing/call-context.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import type { DecoderTier } from "./decoder-tier.js";
import { segment } from "./segment.js";

type Decode = DecoderTier["decode"];

function stream(decode: (sequence: number) => Promise<unknown>) {
  const tier = { decode: ((request) => decode(request.sequence)) as Decode } as DecoderTier;
  const logger = fakeLogger();
  const refused: string[] = [];
  const sent: { sequence?: number; outcome?: { case?: string | undefined; value?: unknown } }[] = [];
  const run = (
    requests: AsyncIterable<SegmentRequest>,
    send: (one: object) => Promise<void> = async (one) => void sent.push(one),
  ) => segment(tier, requests, send, callContext({ logger }), (operation) => refused.push(operation));
  return { run, sent, logger, refused };
}

async function* prompts(count: number, onRead: (sequence: number) => void = () => {}): AsyncGenerator<SegmentRequest> {
  for (let sequence = 1; sequence <= count; sequence++) {
    onRead(sequence);
    yield create(SegmentRequestSchema, { sequence });
  }
}

it("answers every prompt once, as each is done, and a failed one does not end the stream", async () => {
  const { run, sent, logger, refused } = stream(async (sequence) => {
    if (sequence === 1) await new Promise(setImmediate);
    if (sequence === 2) throw overloaded("Too many.", 70);
    if (sequence === 3) throw new TypeError("a bug");
    return { model: "m" };
  });
  await run(prompts(4));
  expect(sent.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 1]);
  expect(sent[0]?.outcome).toEqual({
    case: "error",
    value: { code: Code.RESOURCE_EXHAUSTED, message: "Too many.", retryAfterMs: 70 },
  });
  expect(sent[1]?.outcome).toMatchObject({ case: "error", value: { code: Code.INTERNAL } });
  expect(JSON.stringify(sent)).not.toContain("a bug");
  expect(JSON.stringify(logger.lines)).toContain("a bug");
  expect(new Set(refused)).toEqual(new Set(["Segment"]));
});

it("reads no further while a peer does not take its answers", async () => {
  const { run } = stream(async () => ({}));
  let read = 0;
  let take = () => {};
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const running = run(
    prompts(1000, (sequence) => {
      read = sequence;
    }),
    () => taken,
  );
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(read).toBeLessThan(100);
  take();
  await running;
  expect(read).toBe(1000);
});

it("ends quietly when the answers cannot be sent any more", async () => {
  const { run, logger } = stream(async () => ({}));
  await run(prompts(3), () => Promise.reject(new Error("gone")));
  expect(logger.lines).toEqual([]);
});
