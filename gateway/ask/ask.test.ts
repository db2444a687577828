import { create } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode, type SegmentRequest, SegmentRequestSchema, type SegmentResult } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { result } from "../sessions/testing/session-events.js";
import { askAt } from "../testing/ask-at.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import type { Answer } from "./answer.js";
import type { Ask } from "./ask.js";
import { ImageGoneError } from "./image-gone-error.js";

const imageId = `sha256:${"a".repeat(64)}`;
const { signal } = new AbortController();
const notFound = () => new ServiceError({ code: Code.NOT_FOUND, message: "No embedding." });
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

/** A decoder that answers each prompt by `answer`, whichever way it is asked, and an encoder that has every picture. */
async function start(
  answer: (request: SegmentRequest) => Promise<SegmentResult>,
): Promise<FakeServices & { encodes: () => number }> {
  let encodes = 0;
  const services = await startServices({
    decoder: {
      segmentOnce: async (request) => ({ outcome: { case: "result", value: await answer(request) } }),
      async segment(requests, send) {
        for await (const request of requests) {
          const { sequence } = request;
          // Beside the next, as a decoder does.
          answer(request).then(
            (value) => send({ sequence, outcome: { case: "result", value } }),
            ({ message }: Error) =>
              send({ sequence, outcome: { case: "error", value: { code: ErrorCode.NOT_FOUND, message } } }),
          );
        }
      },
    },
    encoder: {
      async encode(_requests, send) {
        encodes++;
        await send({ event: { case: "ready", value: {} } });
      },
    },
  });
  return { ...services, encodes: () => encodes };
}

function doorTo({ address }: FakeServices, deadlineMs = 60_000): Ask {
  const door = askAt([address], { deadlineMs });
  open.push(door);
  return door.ask;
}

type AnswerPrompt = Answer<SegmentRequest, SegmentResult>;
const ways: [string, (ask: Ask) => AnswerPrompt][] = [
  ["by itself", (ask) => ask.segment],
  [
    "of a session",
    (ask) => {
      const line = ask.openLine({ session: "s" });
      open.push(line);
      return line.segment;
    },
  ],
];

const points = [{ x: 1, y: 1 }];
const prompt = create(SegmentRequestSchema, { imageId, prompt: { points } });
/** A prompt that starts from the mask that so many clicks have led to. */
const startingAfter = (clicks: number) => {
  const steps = Array.from({ length: clicks }, () => ({ prompt: { points } }));
  const mask = { source: { case: "previous" as const, value: { sequence: clicks, mask: 0, steps } } };
  return create(SegmentRequestSchema, { imageId, prompt: { points, mask } });
};
const logitsIn = ({ prompt: asked }: SegmentRequest) =>
  asked?.mask?.source.case === "lowResLogits" ? asked.mask.source.value.data[0] : undefined;

/** Until the decoder has answered once: what comes after finds it connected, however slow this machine is. */
async function reached(ask: () => Promise<unknown>): Promise<void> {
  for (let isThere = false; !isThere; ) {
    isThere = await ask().then(
      () => true,
      () => false,
    );
  }
}

describe.each(ways)("a prompt %s", (_name, way) => {
  it("C8, H6: is made from the steps that it carries", async () => {
    const starts: unknown[] = [];
    await using services = await start(async (request) => {
      starts.push(logitsIn(request));
      return result(10 * starts.length);
    });
    expect((await way(doorTo(services))(startingAfter(2), { signal })).masks).toMatchObject([{ area: 30 }]);
    expect(starts).toEqual([undefined, 10, 20]);
  });

  it("R2, H6: recovers each step, not the whole way to it", async () => {
    const asked: unknown[] = [];
    let forgotten = 2;
    await using services = await start(async (request) => {
      asked.push(logitsIn(request));
      // The embedding is lost under the second step.
      if (asked.length === 2 && forgotten-- > 0) throw notFound();
      return result(10 * asked.length);
    });
    await way(doorTo(services))(startingAfter(2), { signal });
    expect(asked).toEqual([undefined, 10, 10, 30]);
    expect(services.encodes()).toBe(1);
  });

  it("R3: fails with a word of its own when the picture is stored nowhere", async () => {
    await using services = await startServices({
      decoder: {
        segmentOnce: () => Promise.reject(notFound()),
        async segment(requests, send) {
          for await (const { sequence } of requests) {
            await send({ sequence, outcome: { case: "error", value: { code: ErrorCode.NOT_FOUND, message: "No." } } });
          }
        },
      },
      encoder: { encode: () => Promise.reject(notFound()) },
    });
    await expect(way(doorTo(services))(prompt, { signal })).rejects.toBeInstanceOf(ImageGoneError);
  });

  it("R5: ends at the deadline, whichever step it is at", async () => {
    let asked: unknown;
    await using services = await start((request) => {
      asked = logitsIn(request);
      return asked === undefined ? Promise.resolve(result(1)) : new Promise(() => {});
    });
    const segment = way(doorTo(services, 500));
    await reached(() => segment(prompt, { signal }));
    const late = segment(startingAfter(1), { signal });
    await expect(late).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED, retryAfterMs: expect.any(Number) });
    expect(asked).toBe(1);
  });
});

it("V7 does not have made again what a draft lacks, V8 and knows drafts of sessions alone", async () => {
  const asked: boolean[] = [];
  await using services = await start(async ({ draft }) => {
    asked.push(draft);
    throw notFound();
  });
  const ask = doorTo(services);
  const line = ask.openLine({ session: "s" });
  open.push(line);
  const onDraft = create(SegmentRequestSchema, { ...prompt, draft: true });
  await expect(line.segment(onDraft, { signal })).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect([services.encodes(), asked]).toEqual([0, [true]]);
  await expect(ask.segment(onDraft, { signal })).rejects.toThrow();
  expect(services.encodes()).toBeGreaterThan(0);
  expect(new Set(asked.slice(1))).toEqual(new Set([false]));
});
