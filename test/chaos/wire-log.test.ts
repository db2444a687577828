import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, SegmentRequestSchema, SegmentResponseSchema } from "../../proto/index.js";
import { ExpectedMasks } from "./expected-masks.js";
import { Faults, keyOf, WireLog } from "./wire-log.js";

const click = (sequence: number, x = 1) =>
  create(SegmentRequestSchema, { sequence, prompt: { points: [{ x, y: 2, label: 1 }] } });
const answer = (sequence: number, counts = "04", draft = false) =>
  create(SegmentResponseSchema, {
    sequence,
    outcome: { case: "result", value: { draft, masks: [{ rle: { size: [2, 2], counts }, area: 4 }] } },
  });
const refusal = (sequence: number, code: ErrorCode) =>
  create(SegmentResponseSchema, { sequence, outcome: { case: "error", value: { code, message: "no" } } });

/** A log whose expected masks are those of clicks at x = 1. */
function start() {
  const expected = new ExpectedMasks();
  const before = new WireLog(new Faults(), expected);
  before.opened("sha256:a");
  before.sent(click(1));
  before.received(answer(1));
  expected.close();
  const faults = new Faults();
  const log = new WireLog(faults, expected);
  log.opened("sha256:a");
  return { log, faults };
}

describe("WireLog", () => {
  it("finds nothing wrong with clicks that are answered in order, once each, with the masks that were learnt", () => {
    const { log, faults } = start();
    for (const sequence of [5, 6]) log.sent(click(sequence));
    expect(log.unanswered).toEqual([5, 6]);
    for (const sequence of [5, 6]) log.received(answer(sequence));
    expect(faults).toMatchObject({ wrong: 0, disordered: 0, repeated: 0 });
    expect(log.unanswered).toEqual([]);
  });

  it("counts an answer that overtakes, but not a refusal at the door", () => {
    const { log, faults } = start();
    for (const sequence of [5, 6, 7]) log.sent(click(sequence));
    log.received(refusal(6, ErrorCode.RESOURCE_EXHAUSTED));
    expect(faults.disordered).toBe(0);
    log.received(answer(7));
    expect(faults.disordered).toBe(1);
  });

  it("counts an answer to what was answered or never asked", () => {
    const { log, faults } = start();
    log.sent(click(5));
    for (const sequence of [5, 5, 9]) log.received(answer(sequence));
    expect(faults.repeated).toBe(2);
  });

  it("takes a click's draft for no answer, and one that comes after the answer for one too many", () => {
    const { log, faults } = start();
    for (const sequence of [5, 6]) log.sent(click(sequence));
    log.received(answer(6, "13", true));
    expect(log.unanswered).toEqual([5, 6]);
    for (const sequence of [5, 6]) log.received(answer(sequence));
    expect(faults).toMatchObject({ wrong: 0, disordered: 0, repeated: 0 });
    log.received(answer(5, "13", true));
    expect(faults.repeated).toBe(1);
  });

  it("counts masks that differ in one run, and requests whose masks nobody knows", () => {
    const { log, faults } = start();
    log.sent(click(5));
    log.received(answer(5, "13"));
    log.sent(click(6, 2));
    log.received(answer(6));
    log.opened("sha256:b");
    log.sent(click(7));
    log.received(answer(7));
    expect(faults.wrong).toBe(3);
  });
});

describe("keyOf", () => {
  it("is the same for the same question, whatever its number", () => {
    expect(keyOf("a", click(1))).toBe(keyOf("a", click(2)));
    expect(keyOf("a", click(1))).not.toBe(keyOf("b", click(1)));
    expect(keyOf("a", click(1, 1))).not.toBe(keyOf("a", click(1, 2)));
  });

  it("tells starts apart by the way to them, not by the number of the click", () => {
    const from = (sequence: number, mask: number) =>
      create(SegmentRequestSchema, { prompt: { mask: { source: { case: "previous", value: { sequence, mask } } } } });
    expect(keyOf("a", from(1, 0))).toBe(keyOf("a", from(2, 0)));
    expect(keyOf("a", from(1, 0))).not.toBe(keyOf("a", from(1, 1)));
  });
});
