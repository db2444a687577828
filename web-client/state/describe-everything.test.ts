import { expect, it, describe as suite } from "vitest";
import { announce, describe, noticeOf } from "./describe.js";
import { countOf } from "./describe-everything.js";
import type { ClientEvent } from "./event.js";
import {
  begin,
  cancel,
  closed,
  everythingDone,
  everythingEvent,
  everythingFailure,
  found,
  large,
  point,
  ready,
  run,
  shown,
  small,
  welcome,
} from "./testing/fixtures.js";

const finding = [...shown.ready, begin];
const some = [...finding, found(large), found(small)];
const progress = everythingEvent({ case: "progress", value: { pointsDone: 16, pointsTotal: 64, etaMs: 9_000 } }, 3_000);
const aside: ClientEvent = { kind: "everything-toggle", atMs: 3_000 };
const nowMs = 4_000;

function inWords(events: readonly ClientEvent[]) {
  const [state] = run(events);
  if (state.picture.kind === "empty") throw new Error("There is no picture.");
  return {
    line: describe(state, nowMs).text,
    count: countOf(state.picture.everything, nowMs),
    spoken: announce(state, nowMs),
  };
}

suite("everything mode in words", () => {
  it("guesses no time before there is something to guess from", () => {
    expect(inWords(finding)).toEqual({
      line: "Finding everything",
      count: "0 masks so far",
      spoken: "Finding everything. Escape cancels.",
    });
  });

  it("says how far it is, and the time that is left in one place", () => {
    expect(inWords([...some, progress])).toMatchObject({
      line: "Finding everything, about 8 s left",
      count: "2 masks so far",
    });
    expect(describe(run([...some, progress])[0], nowMs).progress).toBe(0.25);
    expect(inWords([...some, progress, aside])).toMatchObject({
      line: "Ready",
      count: "2 masks so far, about 8 s left",
    });
  });

  it("speaks of the highlighted mask by its number", () => {
    const step: ClientEvent = { kind: "everything-step", to: "last" };
    expect(inWords([...some, step]).spoken).toBe("Mask 2 of 2, 30 % of the picture, score 95 %.");
  });

  it("tells apart how it ended", () => {
    expect(inWords([...some, everythingDone])).toMatchObject({
      line: "Everything found",
      count: "2 masks found in 5 s",
      spoken: expect.stringMatching(/^2 masks found\. Tab /),
    });
    expect(inWords([...some, cancel])).toMatchObject({ count: "2 masks until it was cancelled" });
    expect(inWords([...some, everythingFailure()])).toMatchObject({
      line: "The decoder was lost.",
      count: "2 masks until it failed",
    });
    expect(inWords([...finding, everythingDone])).toMatchObject({ line: "Nothing was found" });
  });

  it("offers to begin again where it failed, as soon as there is a connection", () => {
    const begins = { text: expect.any(String), action: "begin" };
    expect(noticeOf(run([...some, everythingFailure()])[0])).toEqual(begins);
    expect(noticeOf(run([...some, closed(), welcome(), ready])[0])).toEqual(begins);
    expect(noticeOf(run([...some, everythingFailure(), point(5)])[0])).toBeUndefined();
  });
});
