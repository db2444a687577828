import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type SegmentRequest, SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import type { AskCall } from "../ask/answer.js";
import { type Company, PromptTurns } from "./prompt-turns.js";

const result = create(SegmentResultSchema, { timings: { queueMs: 9, decodeMs: 10, maskMs: 2 } });

const nobodyIsAlone = { isAlone: () => false, isTenantAlone: () => false };

function play(
  whose: Parameters<PromptTurns["lineOf"]>[0][] = [{ key: "a" }, { key: "b" }],
  company: Company = nobodyIsAlone,
) {
  const asked: { sequence: number; answer: () => void; fail: (error: Error) => void }[] = [];
  const turns = new PromptTurns(company);
  const segment = ({ sequence }: SegmentRequest) =>
    new Promise<typeof result>((resolve, reject) =>
      asked.push({ sequence, answer: () => resolve(result), fail: reject }),
    );
  const lines = whose.map((who) => turns.lineOf(who, { segment, close: () => {} }));
  const ask = (line: number, sequence: number, call: Partial<AskCall> = {}) => {
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

const acme = [
  { key: "a", tenant: "acme" },
  { key: "b", tenant: "acme" },
];

it("C12: a tenant's callers wait for each other while another tenant is there, and that one for none of them", async () => {
  const { asked, ask, settled, sequences } = play([...acme, { key: "c", tenant: "other" }]);
  for (const sequence of [1, 2, 3]) void ask(0, sequence);
  for (const sequence of [4, 5, 6]) void ask(1, sequence);
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4]);
  void ask(2, 10);
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 10]);
  asked[0]?.answer();
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 10, 5]);
});

it("C12: callers of a tenant that is alone have each their own turns only", async () => {
  const { ask, settled, sequences } = play(acme, { isAlone: () => false, isTenantAlone: () => true });
  for (const sequence of [1, 2, 3, 4, 5]) void ask(0, sequence);
  for (const sequence of [6, 7, 8, 9, 10]) void ask(1, sequence);
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
});

it("C12: one that is given up in its tenant's line gives its caller's turn to the next", async () => {
  const { asked, ask, settled, sequences } = play(acme);
  for (const sequence of [1, 2, 3, 4]) void ask(0, sequence);
  await settled();
  const leaving = new AbortController();
  const given = [11, 12, 13, 14].map((sequence) => ask(1, sequence, { signal: leaving.signal }));
  void ask(1, 15);
  await settled();
  leaving.abort(new Error("left"));
  for (const one of given) await expect(one).rejects.toThrow("left");
  asked[0]?.answer();
  await settled();
  expect(sequences()).toEqual([1, 2, 3, 4, 15]);
});
