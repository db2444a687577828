import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DatasetObjectSchema, ObjectState, SavedObjectSchema } from "../../../proto/index.js";
import {
  answered,
  emptyOutbox,
  interrupted,
  isUnsent,
  keptMine,
  learned,
  newObject,
  nextBatch,
  type Outbox,
  type OutboxEntry,
  patched,
  queued,
  refused,
  tookTheirs,
} from "./outbox.js";

const made: OutboxEntry = { key: "k1", ref: "new:1", change: newObject({ picture: 7n }) };
const relabelled: OutboxEntry = { key: "k2", ref: "new:1", change: patched({ label: 3 }) };
const other: OutboxEntry = { key: "k3", ref: "9", change: { kind: "delete" } };

const start = learned(emptyOutbox, [["9", { id: 9n, revision: 4 }]]);
const full = queued(start, [made, relabelled, other]);
const saved = (key: string, id: bigint, revision: number, more = {}) =>
  create(SavedObjectSchema, { key, object: create(DatasetObjectSchema, { id, revision }), ...more });
const keysOf = (outbox: Outbox) => outbox.entries.map(({ key }) => key);
const sent = (outbox: Outbox) =>
  nextBatch(outbox)[1].map((change) => [change.key, change.change.case, change.object, change.revision]);

describe("what is not saved yet", () => {
  it("goes of each object one change at a time", () => {
    expect(sent(full)).toEqual([
      ["k1", "create", 0n, 0],
      ["k3", "delete", 9n, 4],
    ]);
  });

  it("is about the revision that the person saw, whatever the service tells meanwhile", () => {
    const later = learned(full, [
      ["9", { id: 9n, revision: 6 }],
      ["10", { id: 10n, revision: 1 }],
    ]);
    expect([later.known.get("9")?.revision, later.known.get("10")?.revision]).toEqual([4, 1]);
  });

  it("waits while something is on its way", () => {
    const [sending] = nextBatch(full);
    expect(sent(sending)).toEqual([]);
  });

  it("names the revision that came of the change before", () => {
    const [sending] = nextBatch(full);
    const next = answered(sending, [saved("k1", 50n, 1), saved("k3", 9n, 5)]);
    expect(sent(next)).toEqual([["k2", "patch", 50n, 1]]);
  });

  it("is sent with the same keys when nothing came of it", () => {
    const [sending] = nextBatch(full);
    expect(sent(interrupted(sending))).toEqual(sent(full));
    expect(isUnsent(interrupted(sending))).toBe(true);
  });

  it("takes what was deleted back to the revision before that", () => {
    const [sending] = nextBatch(queued(start, [other]));
    const gone = answered(sending, [saved("k3", 9n, 5)]);
    const [, [change]] = nextBatch(queued(gone, [{ key: "k4", ref: "9", change: { kind: "take-back" } }]));
    expect([change?.change, change?.revision]).toEqual([{ case: "takeBack", value: 4 }, 5]);
  });

  it("is dropped with a word where the service refuses it for good", () => {
    const [sending] = nextBatch(full);
    const next = answered(sending, [saved("k1", 50n, 1, { problem: "No such label." }), saved("k3", 9n, 5)]);
    expect(next.refusals).toEqual(["No such label."]);
    const all = refused(nextBatch(full)[0], "Not allowed.");
    expect([keysOf(all), all.refusals]).toEqual([["k2"], ["Not allowed."]]);
  });
});

describe("a conflict", () => {
  const theirs = { conflict: true, problem: "Changed meanwhile." };
  const withConflict = (state = ObjectState.TO_REVIEW) => {
    const [sending] = nextBatch(queued(start, [{ key: "k5", ref: "9", change: patched({ label: 2 }) }, other]));
    const object = create(DatasetObjectSchema, { id: 9n, revision: 8, state });
    return answered(sending, [create(SavedObjectSchema, { key: "k5", object, ...theirs })]);
  };

  it("holds back what else is meant for the object, and loses nothing", () => {
    const outbox = withConflict();
    expect([outbox.conflicts.length, keysOf(outbox), sent(outbox), isUnsent(outbox)]).toEqual([1, ["k3"], [], true]);
  });

  it("is settled by saving once more on the other's revision", () => {
    const outbox = withConflict();
    const mine = keptMine(outbox, outbox.conflicts[0]!, "k6");
    expect([sent(mine), keysOf(mine), mine.conflicts]).toEqual([[["k6", "patch", 9n, 8]], ["k6", "k3"], []]);
  });

  it("takes back first what the other has deleted", () => {
    const outbox = withConflict(ObjectState.DELETED);
    const mine = keptMine(outbox, outbox.conflicts[0]!, "k6");
    expect(keysOf(mine)).toEqual(["k6-back", "k6", "k3"]);
    expect(sent(mine)).toEqual([["k6-back", "takeBack", 9n, 8]]);
  });

  it("is settled by leaving the other's as it is", () => {
    const outbox = withConflict();
    const left = tookTheirs(outbox, outbox.conflicts[0]!);
    expect([keysOf(left), left.conflicts, isUnsent(left)]).toEqual([[], [], false]);
  });
});
