import { describe, expect, it } from "vitest";
import type { ClientEvent } from "./event.js";
import { answer, begin, closed, everythingEvent, imageEvent, point, ready, run, shown, welcome } from "./fixtures.js";

const look = (atMs: number): ClientEvent => ({ kind: "timer", name: "silence", atMs });
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

  it("may be silent while the picture is studied", () => {
    const [, effects] = run([...shown.ready, point(), imageEvent({ case: "encoding", value: {} }), look(60_000)]);
    expect(effects).toEqual([{ kind: "timer", name: "silence", delayMs: 10_000 }]);
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
