import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { NextReviewsResponseSchema, SavedObjectSchema } from "../../../proto/index.js";
import {
  arrived,
  currentOf,
  emptyReview,
  interrupted,
  judged,
  nextVerdicts,
  paceOf,
  postponed,
  type Review,
  settled,
  steppedBack,
  wantsMore,
} from "./review.js";

const answer = (ids: bigint[], waiting = ids.length) =>
  create(NextReviewsResponseSchema, {
    objects: ids.map((id) => ({ id, picture: 1n, revision: 3 })),
    pictures: [{ id: 1n, name: "a.jpg" }],
    waiting,
  });
const start = arrived(emptyReview, answer([5n, 6n, 7n], 9), 3);
const verdict = (key: string, accept = true, atMs = 0) => ({
  key,
  accept,
  reason: accept ? "" : "no",
  seconds: 2,
  atMs,
});
const sent = (review: Review) =>
  nextVerdicts(review)[1].map(({ key, object, revision, accept }) => [key, object, revision, accept]);
const saved = (key: string, id: bigint, revision: number, more = {}) =>
  create(SavedObjectSchema, { key, object: { id, revision }, ...more });

describe("reviewing", () => {
  it("goes on with each verdict, and counts what waits", () => {
    const review = judged(judged(start, verdict("a")), verdict("b", false));
    expect([currentOf(review)?.id, review.waiting, sent(review)]).toEqual([
      7n,
      7,
      [
        ["a", 5n, 3, true],
        ["b", 6n, 3, false],
      ],
    ]);
  });

  it("gives a verdict anew on the revision that the first one made", () => {
    const [sending] = nextVerdicts(judged(start, verdict("a")));
    const again = judged(steppedBack(sending), verdict("b", false));
    expect(sent(again)).toEqual([]);
    expect(sent(settled(again, [saved("a", 5n, 4)]))).toEqual([["b", 5n, 4, false]]);
  });

  it("sends the same again when nothing came of it", () => {
    const [sending] = nextVerdicts(judged(start, verdict("a")));
    expect(sent(interrupted(sending))).toEqual([["a", 5n, 3, true]]);
  });

  it("leaves one for later, and has an end on both sides", () => {
    expect(currentOf(postponed(start))?.id).toBe(6n);
    expect(currentOf(steppedBack(start))?.id).toBe(5n);
    const end = [1, 2, 3, 4].reduce(postponed, start);
    expect([currentOf(end), judged(end, verdict("x")).unsent]).toEqual([undefined, []]);
  });

  it("asks for more before the queue has ended, and puts none in twice", () => {
    expect(wantsMore(start)).toBe(true);
    const more = arrived(start, answer([7n, 8n]), 3);
    expect([more.queue.map(({ id }) => id), wantsMore(more)]).toEqual([[5n, 6n, 7n, 8n], false]);
  });

  it("tells conflicts and refusals, and drops what they were about", () => {
    const [sending] = nextVerdicts(judged(judged(start, verdict("a")), verdict("b")));
    const after = settled(sending, [
      saved("a", 5n, 9, { conflict: true, problem: "Changed." }),
      saved("b", 6n, 3, { problem: "Gone." }),
    ]);
    expect([after.conflicts, after.refusals, after.unsent]).toEqual([1, ["Gone."], []]);
  });
});

it.each([
  ["no pace before there are two", [1_000], undefined],
  ["twenty a minute, one each three seconds", [0, 3_000, 6_000, 9_000], 20],
])("has %s", (_, timesMs, pace) => {
  expect(paceOf({ ...emptyReview, givenAtMs: timesMs })).toBe(pace);
});
