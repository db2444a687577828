import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, type SegmentRequest, SegmentRequestSchema } from "../../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../runtime/errors.js";
import { callContext } from "../../runtime/testing/call-context.js";
import { fakeLogger } from "../../runtime/testing/fake-logger.js";
import type { PromptDecoder } from "../prompts/prompt-decoder.js";
import { segment } from "./segment.js";

type Decode = PromptDecoder["decode"];

function stream(decode: (sequence: number) => Promise<unknown>) {
  const prompts = { decode: ((request) => decode(request.sequence)) as Decode };
  const logger = fakeLogger();
  const refused: string[] = [];
  const sent: { sequence?: number; outcome?: { case?: string | undefined; value?: unknown } }[] = [];
  const run = (
    requests: AsyncIterable<SegmentRequest>,
    send: (one: object) => Promise<void> = async (one) => void sent.push(one),
  ) => segment(prompts, (operation) => refused.push(operation))(requests, send, callContext({ logger }));
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
    value: { code: ErrorCode.RESOURCE_EXHAUSTED, message: "Too many.", reason: "", retryAfterMs: 70 },
  });
  expect(sent[1]?.outcome).toMatchObject({ case: "error", value: { code: ErrorCode.INTERNAL } });
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

describe("a preview", () => {
  const image = (letter: string) => `sha256:${letter.repeat(64)}`;
  /** Prompts wait until they are given up or the test ends; previews are told from others by their sign. */
  const crop = { x: 16, y: 0, width: 32, height: 48 };
  type Asked = { sequence: number; preview?: boolean; imageId: string; crop?: typeof crop };
  async function play(requests: Asked[], hangUp?: AbortSignal) {
    const given: number[] = [];
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const decode: Decode = ({ sequence }, { signal }) =>
      new Promise((resolve, reject) => {
        void ended.then(() => resolve({ model: "m" }));
        signal.addEventListener("abort", () => {
          given.push(sequence);
          reject(new ServiceError({ code: Code.CANCELLED, message: "given up" }));
        });
      });
    const sent: { sequence?: number; outcome?: { case?: string | undefined; value?: unknown } }[] = [];
    async function* stream() {
      for (const request of requests) {
        yield create(SegmentRequestSchema, request);
        await new Promise(setImmediate);
      }
      if (!hangUp) end();
    }
    const context = callContext(hangUp ? { signal: hangUp } : {});
    const running = segment({ decode }, () => {})(stream(), async (one) => void sent.push(one), context);
    return { given, sent, end, running };
  }

  it("gives way to the next prompt about its picture, clicks and previews of other pictures do not", async () => {
    const { given, sent, running } = await play([
      { sequence: 1, imageId: image("a") },
      { sequence: 2, imageId: image("a"), preview: true },
      { sequence: 3, imageId: image("b"), preview: true },
      { sequence: 4, imageId: image("a"), preview: true },
      { sequence: 5, imageId: image("a") },
      { sequence: 6, imageId: image("a") },
    ]);
    await running;
    expect(given).toEqual([2, 4]);
    expect(sent.slice(0, 2)).toMatchObject([2, 4].map((sequence) => ({ sequence, outcome: { case: "error" } })));
    expect(sent[0]?.outcome?.value).toMatchObject({ code: Code.CANCELLED });
    expect(
      sent
        .slice(2)
        .map(({ sequence }) => sequence)
        .sort(),
    ).toEqual([1, 3, 5, 6]);
  });

  it("of a part gives way to the next of that part, and to a click on the picture, not to the picture's previews", async () => {
    const { given, running } = await play([
      { sequence: 1, imageId: image("a"), preview: true, crop },
      { sequence: 2, imageId: image("a"), preview: true },
      { sequence: 3, imageId: image("a"), preview: true, crop: { ...crop, x: 0 } },
      { sequence: 4, imageId: image("a"), preview: true, crop },
      { sequence: 5, imageId: image("b") },
      { sequence: 6, imageId: image("a") },
    ]);
    await running;
    // The click is what the last three give way to.
    expect(given).toEqual([1, 4, 2, 3]);
  });

  it("is given up when its caller has gone", async () => {
    const leaving = new AbortController();
    const { given, end, running } = await play([{ sequence: 1, imageId: image("a"), preview: true }], leaving.signal);
    await new Promise(setImmediate);
    leaving.abort();
    expect(given).toEqual([1]);
    end();
    await running;
  });
});

it("ends quietly when the answers cannot be sent any more", async () => {
  const { run, logger } = stream(async () => ({}));
  await run(prompts(3), () => Promise.reject(new Error("gone")));
  expect(logger.lines).toEqual([]);
});

it("answers what came before a request that cannot be read, and ends with that one's fault", async () => {
  const { run, sent } = stream(async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return {};
  });
  const fault = new ServiceError({ code: Code.INVALID_ARGUMENT, message: "No message." });
  async function* broken() {
    yield* prompts(3);
    throw fault;
  }
  await expect(run(broken())).rejects.toBe(fault);
  expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});
