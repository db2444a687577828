import { describe, expect, it } from "vitest";
import type { ClientEvent } from "./event.js";
import {
  answer,
  begin,
  closed,
  everythingEvent,
  imageEvent,
  point,
  ready,
  run,
  shown,
  welcome,
} from "./testing/fixtures.js";

const look = (atMs: number, heardAtMs = atMs): ClientEvent => ({ kind: "timer", name: "silence", atMs, heardAtMs });
const sentAtMs = 2_500;

describe("a silent connection", () => {
  it("is given up when a click is not answered, and the click goes over the next one", () => {
    const [lost, effects] = run([...shown.ready, point(3, sentAtMs), look(sentAtMs + 10_000)]);
    expect(effects).toEqual([{ kind: "disconnect" }]);
    const [, replayed] = run([closed(), { kind: "timer", name: "reconnect", atMs: 13_000 }, welcome()], lost);
    expect(replayed.map(({ kind }) => kind)).toEqual(["open-image", "segment"]);
  });

  it("is given up later when a second try is as slow", () => {
    const [again] = run([
      ...[...shown.ready, point(3, sentAtMs), look(12_500), closed()],
      ...[{ kind: "timer", name: "reconnect", atMs: 13_000 } as const, { ...welcome(), atMs: 13_000 }, ready],
    ]);
    expect(run([look(23_000)], again)[1]).toEqual([{ kind: "timer", name: "silence", delayMs: 10_000 }]);
    expect(run([look(33_000)], again)[1]).toEqual([{ kind: "disconnect" }]);
  });

  it("is looked at again when the answer is due, and not when all is answered", () => {
    const [, later] = run([...shown.ready, point(3, sentAtMs), look(sentAtMs + 4_000)]);
    expect(later).toEqual([{ kind: "timer", name: "silence", delayMs: 6_000 }]);
    expect(run([...shown.ready, point(3, sentAtMs), answer(1), look(60_000)])[1]).toEqual([]);
  });

  it.each([
    ["opened", shown.opening],
    ["studied", shown.encoding],
    ["studied once more for a click", [...shown.ready, point(), imageEvent({ case: "encoding", value: {} })]],
  ])("is given up when nothing is said for a minute of a picture that is %s", (_, events) => {
    expect(run([...events, look(70_000, 20_000)])[1]).toEqual([{ kind: "timer", name: "silence", delayMs: 10_000 }]);
    expect(run([...events, look(80_000, 20_000)])[1]).toEqual([{ kind: "disconnect" }]);
  });

  it("is given up later when the picture's turn is far off", () => {
    const queued = [...shown.opening, imageEvent({ case: "queued", value: { position: 9, etaMs: 100_000 } })];
    expect(run([...queued, look(80_000, 20_000)])[1]).toEqual([{ kind: "timer", name: "silence", delayMs: 140_000 }]);
    expect(run([...queued, look(220_000, 20_000)])[1]).toEqual([{ kind: "disconnect" }]);
  });

  it("is not listened to while the picture is sent, or rests after a failure", () => {
    const failed = imageEvent({
      case: "failed",
      value: { code: 14, message: "Later.", retryAfterMs: 500, reason: "" },
    });
    for (const events of [shown.uploading, [...shown.opening, failed]]) {
      expect(run([...events, look(80_000, 0)])[1]).toEqual([]);
    }
  });

  it("is given up when a search says nothing any more", () => {
    const progress = everythingEvent(
      { case: "progress", value: { pointsDone: 4, pointsTotal: 64, etaMs: 9_000 } },
      20_000,
    );
    const searching = [...shown.ready, begin, progress];
    expect(run([...searching, look(40_000)])[1]).toEqual([{ kind: "timer", name: "silence", delayMs: 10_000 }]);
    expect(run([...searching, look(50_000)])[1]).toEqual([{ kind: "disconnect" }]);
  });
});
