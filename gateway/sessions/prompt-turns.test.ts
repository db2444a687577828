import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type SegmentRequest, SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import type { AskCall } from "../ask/answer.js";
import { PromptTurns } from "./prompt-turns.js";

const result = create(SegmentResultSchema, { timings: { queueMs: 9, decodeMs: 10, maskMs: 2 } });

function play() {
  const asked: { sequence: number; answer: () => void; fail: (error: Error) => void }[] = [];
  const turns = new PromptTurns(() => false);
  const segment = ({ sequence }: SegmentRequest) =>
    new Promise<typeof result>((resolve, reject) =>
      asked.push({ sequence, answer: () => resolve(result), fail: reject }),
    );
  const lines = ["a", "b"].map((caller) => turns.lineOf(caller, { segment, close: () => {} }));
  const ask = (line: 0 | 1, sequence: number, call: Partial<AskCall> = {}) => {
    const { signal = new AbortController().signal, ...rest } = call;
    return lines[line]?.segment(create(SegmentRequestSchema, { sequence }), { signal, ...rest });
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { asked, ask, settled, sequences: () => asked.map(({ sequence }) => sequence) };
}

it("C12: a caller's clicks wait for each other, and another caller's for none of them", async () => {
  const { asked, ask, settled, sequences } = play();
  const begun: number[] = [];
  const many = [1, 2, 3, 4, 5, 6].map((sequence) => ask(0, sequence, { onTurn: () => begun.push(sequence) }));
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4]);
  const other = ask(1, 10);
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 10]);
  asked[4]?.answer();
  await expect(other).resolves.toBe(result);
  expect(begun).toEqual([1, 2, 3, 4]);
  // One that fails makes room as well.
  asked[0]?.fail(new Error("refused"));
  await expect(many[0]).rejects.toThrow("refused");
  asked[1]?.answer();
  await settled();
  expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
});

it("C12: a click that is given up leaves the line", async () => {
  const { asked, ask, settled, sequences } = play();
  for (const sequence of [1, 2, 3, 4]) void ask(0, sequence);
  const leaving = new AbortController();
  const left = ask(0, 5, { signal: leaving.signal });
  void ask(0, 6);
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  asked[0]?.answer();
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 6]);
  await expect(ask(0, 7, { signal: leaving.signal })).rejects.toThrow("left");
});
