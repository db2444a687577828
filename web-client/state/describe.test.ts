import { expect, it, describe as suite } from "vitest";
import { announce, describe, describeLink, noticeOf, stagesOf } from "./describe.js";
import type { ClientEvent } from "./event.js";
import { milliseconds, percent } from "./numbers.js";
import {
  answer,
  chosen,
  closed,
  imageEvent,
  imageId,
  loaded,
  mask,
  point,
  ready,
  refusal,
  run,
  shown,
  welcome,
} from "./testing/fixtures.js";

const textAfter = (events: readonly ClientEvent[], nowMs = 2_000) => describe(run(events)[0], nowMs).text;

suite("describe", () => {
  it.each([
    ["no picture", [], "No picture yet"],
    ["loading", [welcome(), chosen], "Opening cat.jpg"],
    ["no connection", [chosen, loaded()], "Waiting for the connection"],
    ["opening", shown.opening, "Asking whether this picture is known"],
    ["queued", shown.queued, "2nd in line, about 3 s left"],
    ["encoding", shown.encoding, "Studying the picture"],
    ["ready", shown.ready, "Ready"],
    ["a mask", [...shown.ready, point(), answer(1, [mask(80)])], "Object found: 10 % of the picture"],
    ["refused", shown.refused, "No picture."],
  ] satisfies [string, readonly ClientEvent[], string][])("says in words: %s", (_name, events, text) => {
    expect(textAfter(events)).toBe(text);
  });

  it("says what was left out of the file or changed in it, H22", () => {
    const readAs = (reading: object) =>
      textAfter([
        ...shown.encoding,
        imageEvent({ case: "ready", value: { image: { imageId, width: 40, height: 20, reading } } }),
      ]);
    expect(readAs({ orientation: 6, page: 1, pages: 1 })).toBe("Ready");
    expect(readAs({ orientation: 1, page: 2, pages: 3, bands: [1, 2, 3], range: { low: -0.25, high: 1 / 3 } })).toBe(
      "Ready · page 2 of 3 · bands 1, 2, 3 of the file, the others left out · values stretched: -0.25 is black, 0.333333 white",
    );
  });

  it("keeps still while a click may be answered at once", () => {
    const first = [...shown.ready, point(3, 2_500)];
    expect(describe(run(first)[0], 2_600)).toMatchObject({ text: "Ready", progress: undefined });
    expect(describe(run(first)[0], 2_800)).toMatchObject({ text: "Looking", progress: null });
    const second = [...first, answer(1, [mask(80)]), point(4, 5_000)];
    const [state] = run(second);
    expect(describe(state, 5_100).text).toBe("Object found: 10 % of the picture");
    expect(announce(state, 5_100)).toBe("Object found: 10 % of the picture, score 90 %");
    expect(announce(state, 5_300)).toBe("Looking");
  });

  it("says why an upload begins again, until it moves", () => {
    const why = { message: "The upload was interrupted.", remedy: "wait", retryAfterMs: undefined } as const;
    const failed = [...shown.uploading, { kind: "upload-failed", token: 1, failure: why, atMs: 2_000 } as const];
    expect(textAfter(failed, 2_100)).toBe("The upload was interrupted. Sending it again");
    const moving = { kind: "upload-progress", token: 1, sentBytes: 250 } as const;
    expect(textAfter([...failed, moving], 4_000)).toMatch(/^Uploading, 25 %/);
  });

  it("tells how far an upload is and how long it will take", () => {
    const events: ClientEvent[] = [...shown.uploading, { kind: "upload-progress", token: 1, sentBytes: 250 }];
    expect(describe(run(events)[0], 4_000)).toMatchObject({ text: "Uploading, 25 %, about 6 s left", progress: 0.25 });
    const sent: ClientEvent = { kind: "upload-progress", token: 1, sentBytes: 1_000 };
    expect(textAfter([...events, sent])).toBe("Uploaded, waiting for the service");
  });

  it("expects an encode to take as long as the last one", () => {
    const timed = imageEvent({
      case: "ready",
      value: {
        image: ready.event.event.case === "ready" ? ready.event.event.value.image! : {},
        timings: { encodeMs: 4_000 },
      },
    });
    const again = imageEvent({ case: "encoding", value: {} }, 10_000);
    const [state] = run([...shown.opening, timed, again]);
    expect(describe(state, 11_000)).toMatchObject({ text: "Studying the picture, about 3 s left", progress: 0.25 });
    expect(describe(state, 99_000)).toMatchObject({ text: "Studying the picture, a moment left", progress: 0.97 });
  });

  it("announces a mask with its score, and nothing that changes by the second", () => {
    const [state] = run([...shown.ready, point(), answer(1, [mask(80), mask(90)])]);
    expect(announce(state, 0)).toBe("Object found: 10 % of the picture, score 90 %, candidate 1 of 2");
    const [encoding] = run(shown.encoding);
    expect(announce(encoding, 5_000)).toBe(announce(encoding, 9_000));
    const [queued] = run(shown.queued);
    expect(announce(queued, 2_000)).toBe(announce(queued, 3_000));
  });
});

suite("noticeOf", () => {
  it.each([
    ["a picture that cannot be taken", shown.refused, { text: "No picture.", action: "choose" }],
    ["a click that failed", [...shown.ready, point(), refusal(1)], { text: "It broke.", action: "retry" }],
    ["a file that is no picture", [{ kind: "notice", message: "Hm." }], { text: "Hm.", action: "dismiss" }],
    ["all well", shown.ready, undefined],
    ["a first hiccup", [...shown.ready, closed()], undefined],
  ] satisfies [string, readonly ClientEvent[], unknown][])("%s", (_name, events, notice) => {
    expect(noticeOf(run(events)[0])).toEqual(notice);
  });

  it("says that clicks are kept while the service cannot be reached", () => {
    const reconnect: ClientEvent = { kind: "timer", name: "reconnect", atMs: 0 };
    const [state] = run([...shown.ready, point(), closed(), reconnect, closed()]);
    expect(noticeOf(state)).toEqual({ text: "The service cannot be reached. Your clicks are kept.", action: "retry" });
  });
});

suite("words for numbers", () => {
  it("writes durations and shares as people read them", () => {
    expect([0.04, 9.96, 83.4, 1_250, 42_000].map(milliseconds)).toEqual([
      "0.0 ms",
      "10.0 ms",
      "83 ms",
      "1.3 s",
      "42 s",
    ]);
    expect([0, 0.004, 0.5, 1.02].map(percent)).toEqual(["0 %", "0.4 %", "50 %", "100 %"]);
  });

  it("counts down to the next connection", () => {
    expect(describeLink({ kind: "waiting", attempt: 1, retryAtMs: 3_500 }, 1_000)).toBe("Connecting again in 3 s");
  });

  it("names the wait only when there was one", () => {
    const latency = { ...run([...shown.ready, point(), answer(1)])[0].latency!, waitMs: 0 };
    expect(stagesOf(latency).map(({ name }) => name)).not.toContain("wait");
    expect(stagesOf({ ...latency, waitMs: 400 })[0]).toEqual({ name: "wait", ms: 400 });
  });
});
