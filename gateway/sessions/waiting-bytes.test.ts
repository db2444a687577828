import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PromptSchema, SegmentRequestSchema } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { WaitingBytes, weightOf } from "./waiting-bytes.js";

const exhausted = { code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 200 };

function start(limitBytes: number) {
  let shares = 0;
  const waiting = new WaitingBytes({ limitBytes, retryAfterMs: 200, onShare: () => shares++ });
  return { waiting, session: (key: string) => waiting.of({ caller: key }), shares: () => shares };
}

const refusal = (hold: () => unknown) => {
  try {
    hold();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("C10 bytes of prompts that wait", () => {
  it("are a quarter of all for one session", () => {
    const { waiting, session, shares } = start(400);
    const one = session("a");
    const back = one.hold(60);
    expect(refusal(() => one.hold(41))).toMatchObject({
      ...exhausted,
      message: expect.stringContaining("this session"),
    });
    one.hold(40);
    back();
    back();
    expect(waiting.budget.usedBytes).toBe(40);
    one.hold(60);
    expect(shares()).toBe(1);
  });

  it("leave room for others however many sessions a caller has", () => {
    const { waiting, session } = start(400);
    const greedy = [1, 2, 3, 4].map(() => session("a"));
    for (const one of greedy.slice(0, 3)) one.hold(100);
    expect(refusal(() => greedy[3]?.hold(10))).toMatchObject(exhausted);
    const other = session("b");
    other.hold(90);
    expect(refusal(() => session("c").hold(20))).toMatchObject(exhausted);
    expect(waiting.budget).toMatchObject({ usedBytes: 390, refusals: 1 });
  });

  it("weigh what a prompt becomes in memory", () => {
    const weight = (prompt: MessageInitShape<typeof PromptSchema>) =>
      weightOf(create(SegmentRequestSchema, { prompt: create(PromptSchema, prompt) }), 1000);
    const points = Array.from({ length: 100 }, () => ({ x: 1, y: 2 }));
    const steps = [{ prompt: { points } }, {}];
    expect(weight({ points })).toBe(weight({}) + 12_000);
    expect(weight({ mask: { source: { case: "previous", value: { steps } } } })).toBe(weight({}) + 102 * 120);
  });
});
