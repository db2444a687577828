import { describe, expect, it } from "vitest";
import { CloseCode, ErrorCode } from "../../proto/index.js";
import { shownAnswer } from "./edit.js";
import type { ClientEvent } from "./event.js";
import type { ShownPicture, State } from "./state.js";
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
  uploadEvent,
  welcome,
} from "./testing/fixtures.js";

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return picture;
}

const chosenSecond: ClientEvent = { kind: "candidate", index: 1 };

const areaShown = (state: State) => {
  const found = shownAnswer(pictureOf(state).edit);
  return found?.answer.masks[found.answer.chosen]?.area;
};
const undo: ClientEvent = { kind: "undo" };
const redo: ClientEvent = { kind: "redo" };
const clear: ClientEvent = { kind: "clear" };

describe("clicks", () => {
  it("sends the whole list of prompts with each", () => {
    const [, effects] = run([...shown.ready, point(1), point(2)]);
    expect(effects).toMatchObject([
      {
        kind: "segment",
        sequence: 2,
        preview: false,
        prompts: {
          box: undefined,
          points: [
            { x: 1, y: 4, label: 1 },
            { x: 2, y: 4, label: 1 },
          ],
        },
      },
    ]);
  });

  it("waits with those of a picture that failed until it has been opened again", () => {
    const failure = imageEvent({
      case: "failed",
      value: { code: ErrorCode.UNAVAILABLE, message: "no", retryAfterMs: 50 },
    });
    const [resting, none] = run([...shown.opening, point(1), failure, refusal(1, ErrorCode.UNAVAILABLE, 50), point(2)]);
    expect(none).toEqual([]);
    expect(run([{ kind: "timer", name: "resend", atMs: 9_000 }], resting)[1]).toEqual([]);
    const [, effects] = run([{ kind: "timer", name: "reopen", atMs: 9_000 }], resting);
    expect(effects).toMatchObject([{ kind: "open-image" }, { sequence: 1 }, { sequence: 2 }]);
  });

  it("starts from the answer that a point refines, chosen or on its way, also after undo", () => {
    const startOf = (events: readonly ClientEvent[]) => {
      const effect = run([...shown.ready, ...events])[1].find(({ kind }) => kind === "segment");
      return effect?.kind === "segment" ? effect.prompts.from : undefined;
    };
    const both = answer(1, [mask(1), mask(2)]);
    expect(startOf([point(1)])).toBeUndefined();
    expect(startOf([point(1), point(2)])).toMatchObject({ sequence: 1, mask: 0, prompts: { points: [{ x: 1 }] } });
    expect(startOf([point(1), both, { kind: "candidate", index: 1 }, point(2)])).toMatchObject({ mask: 1 });
    const undone = [point(1), both, point(2), answer(2), undo, point(3)];
    expect(startOf(undone)).toMatchObject({ sequence: 1, prompts: { points: [{ x: 1 }] } });
    // What was refused has no mask; what is gone or was painted over is nothing to start from.
    expect(startOf([point(1), both, point(2), refusal(2), point(3)])).toMatchObject({ sequence: 1 });
    expect(startOf([point(1), both, clear, point(3)])).toBeUndefined();
    const moved: ClientEvent = { kind: "point-moved", index: 0, x: 9, y: 9, atMs: 4_000 };
    expect(startOf([point(1), both, point(2), answer(2), moved])).toBeUndefined();
  });

  it("is asked without the mask that it was to start from where nothing leads to that, once", () => {
    const refused = refusal(2, ErrorCode.FAILED_PRECONDITION);
    const [state, effects] = run([...shown.ready, point(1), answer(1), point(2), refused]);
    expect(effects).toMatchObject([{ kind: "segment", sequence: 2, prompts: { points: [{}, {}], from: undefined } }]);
    const next = run([answer(2), point(3)], state)[1];
    expect(next).toMatchObject([{ prompts: { from: { sequence: 2, prompts: { from: undefined } } } }]);
    const [told, none] = run([refused], state);
    expect(none).toEqual([]);
    expect(told.picture).toMatchObject({ edit: { waiting: [], present: { problem: expect.any(String) } } });
  });

  it("keeps one that is made before there is a connection", () => {
    const [waiting] = run([chosen, loaded(), point()]);
    const [, effects] = run([welcome()], waiting);
    expect(effects.map(({ kind }) => kind)).toEqual(["open-image", "segment"]);
  });

  it("keeps one that is made before the image's id is known", () => {
    const [state, none] = run([welcome(), chosen, { ...loaded(), imageId: undefined }, point()]);
    expect(none).toEqual([]);
    const draft = uploadEvent({ case: "draft", value: { image: { imageId, width: 40, height: 20 } } });
    expect(run([draft], state)[1].map(({ kind }) => kind)).toEqual(["open-image", "segment"]);
    const uploaded = uploadEvent({ case: "ready", value: { image: { imageId, width: 40, height: 20 } } });
    const [, effects] = run([uploaded], state);
    expect(effects.map(({ kind }) => kind)).toEqual(["open-image", "segment"]);
  });

  it("sends every unanswered one again, in order, after a lost connection", () => {
    const [, effects] = run([...shown.ready, point(1), answer(1), point(2), point(3), closed(), welcome()]);
    expect(effects).toMatchObject([{ kind: "open-image" }, { sequence: 2 }, { sequence: 3 }]);
  });

  it("lets no more wait at the gateway than it says", () => {
    const begin = [welcome({ maxWaitingClicks: 2 }), chosen, loaded(), ready];
    const [full, none] = run([...begin, point(1), point(2), point(3)]);
    expect(none).toEqual([]);
    const [, effects] = run([answer(1)], full);
    expect(effects).toMatchObject([{ kind: "segment", sequence: 3 }]);
  });

  it("is repeated after the time that the gateway names, and only then", () => {
    const [busy, effects] = run([...shown.ready, point(), refusal(1, ErrorCode.RESOURCE_EXHAUSTED, 700)]);
    expect(effects).toEqual([{ kind: "timer", name: "resend", delayMs: 700 }]);
    expect(run([{ kind: "timer", name: "resend", atMs: 3_300 }], busy)[1]).toEqual([]);
    expect(run([{ kind: "timer", name: "resend", atMs: 3_699 }], busy)[1]).toMatchObject([{ sequence: 1 }]);
  });

  it("is given up with a sentence after some tries", () => {
    const again: ClientEvent[] = [refusal(1, ErrorCode.UNAVAILABLE, 1), { kind: "timer", name: "resend", atMs: 9_000 }];
    const [state] = run([...shown.ready, point(), ...again, ...again, ...again, ...again, ...again]);
    expect(pictureOf(state).edit).toMatchObject({ waiting: [], present: { problem: "It broke." } });
  });

  it("can be tried again by the person, in its place in the history", () => {
    const [failed] = run([...shown.ready, point(1), answer(1), point(2), refusal(2)]);
    const [state, effects] = run([{ kind: "retry", atMs: 5_000 }], failed);
    expect(effects).toMatchObject([{ kind: "segment", sequence: 3, prompts: { points: [{ x: 1 }, { x: 2 }] } }]);
    expect(pictureOf(state).edit.past).toHaveLength(2);
  });

  it("keeps of its points those inside a new box", () => {
    const box: ClientEvent = { kind: "box", x0: 0, y0: 0, x1: 10, y1: 10, atMs: 2_600 };
    const [state] = run([...shown.ready, point(3), point(30), box]);
    expect(pictureOf(state).edit.present.prompts.points.map(({ x }) => x)).toEqual([3]);
  });
});

describe("history", () => {
  const two = [...shown.ready, point(1), answer(1, [mask(10)]), point(2), answer(2, [mask(20)])];

  it("shows the earlier mask at once on undo, and the later one on redo", () => {
    const [later] = run(two);
    expect(areaShown(later)).toBe(20);
    const [earlier, effects] = run([undo], later);
    expect(effects).toEqual([]);
    expect(areaShown(earlier)).toBe(10);
    expect(areaShown(run([undo], earlier)[0])).toBeUndefined();
    expect(areaShown(run([redo], earlier)[0])).toBe(20);
  });

  it("shows no mask that belongs to an undone click, even when its answer comes late", () => {
    const [state] = run([...shown.ready, point(1), answer(1, [mask(10)]), point(2), undo, answer(2, [mask(20)])]);
    expect(areaShown(state)).toBe(10);
    expect(areaShown(run([redo], state)[0])).toBe(20);
  });

  it("keeps the mask before while a click waits", () => {
    const [state] = run([...shown.ready, point(1), answer(1, [mask(10)]), point(2)]);
    expect(shownAnswer(pictureOf(state).edit)).toMatchObject({ pending: true, sequence: 1 });
  });

  it("begins anew after clear, which can be undone", () => {
    const [state] = run([...two, clear]);
    expect(areaShown(state)).toBeUndefined();
    expect(areaShown(run([point(5)], state)[0])).toBeUndefined();
    expect(areaShown(run([undo], state)[0])).toBe(20);
  });

  it("forgets what was undone when something else is done", () => {
    const [state] = run([...two, undo, point(9)]);
    expect(pictureOf(state).edit.future).toEqual([]);
  });

  it("remembers which candidate was chosen", () => {
    const [state] = run([...shown.ready, point(1), answer(1, [mask(10), mask(11)]), chosenSecond]);
    expect(areaShown(state)).toBe(11);
    expect(areaShown(run([point(2), answer(2, [mask(20)]), undo], state)[0])).toBe(11);
    expect(areaShown(run([{ kind: "candidate", index: 7 }], state)[0])).toBe(11);
  });
});

describe("the picture", () => {
  it("stays when a file that is none is chosen after it", () => {
    const unreadable: ClientEvent = { kind: "picture-unreadable", token: 2, message: "No picture." };
    const [state] = run([...shown.ready, { kind: "picture-chosen", token: 2, name: "notes.pdf" }, unreadable]);
    expect(state).toMatchObject({ picture: { kind: "ready" }, notice: "No picture.", loading: undefined });
  });

  it("is uploaded again by itself when the gateway has lost it under a click", () => {
    const [state, effects] = run([...shown.ready, point(), imageEvent({ case: "missing", value: {} })]);
    expect(effects).toEqual([{ kind: "upload", token: 1 }]);
    expect(pictureOf(run([uploadEvent({ case: "encoding", value: {} }), ready], state)[0])).toMatchObject({
      kind: "ready",
      edit: { waiting: [{ sequence: 1 }] },
    });
  });

  it("is not uploaded without end", () => {
    const round: ClientEvent[] = [
      imageEvent({ case: "missing", value: {} }),
      imageEvent({ case: "encoding", value: {} }),
    ];
    const [state] = run([...shown.opening, ...Array.from({ length: 20 }, () => round).flat()]);
    expect(state.picture.kind).toBe("refused");
  });

  it("is tried again while the service is not ready, then left to the person", () => {
    const failure = { message: "Loading.", remedy: "wait", retryAfterMs: 500 } as const;
    const failed: ClientEvent = { kind: "upload-failed", token: 1, failure, atMs: 3_000 };
    const [once, effects] = run([...shown.uploading, failed]);
    expect(effects).toEqual([{ kind: "timer", name: "upload", delayMs: 1_000 }]);
    expect(run([{ kind: "timer", name: "upload", atMs: 4_000 }], once)[1]).toEqual([{ kind: "upload", token: 1 }]);
    const [state] = run(
      Array.from({ length: 20 }, () => failed),
      once,
    );
    expect(state.picture).toMatchObject({ kind: "refused", canRetry: true });
  });

  it("is refused before the upload when it is over a limit", () => {
    const [state, effects] = run([welcome({ maxImageBytes: 10 }), chosen, loaded()]);
    expect(state.picture).toMatchObject({ kind: "refused", canRetry: false });
    // It may have been begun while the browser decoded it.
    expect(effects).toEqual([{ kind: "refuse-upload", token: 1 }]);
  });

  it("is refused when the service sees another size, since no mask would fit", () => {
    const turned = imageEvent({ case: "ready", value: { image: { imageId, width: 20, height: 40 } } });
    expect(run([...shown.opening, turned])[0].picture.kind).toBe("refused");
  });

  it("does not listen to events about the one before", () => {
    const other = imageEvent({ case: "missing", value: {} });
    other.event.imageId = "sha256:other";
    expect(run([...shown.ready, other])[1]).toEqual([]);
  });
});

describe("the connection", () => {
  const delayOf = (events: ClientEvent[]) => {
    const timer = run(events)[1].find(({ kind }) => kind === "timer");
    return timer?.kind === "timer" ? timer.delayMs : undefined;
  };

  it("backs off further each time, up to a limit", () => {
    const delays = Array.from({ length: 10 }, (_, tries) =>
      delayOf([
        ...Array.from({ length: tries }, () => [
          closed(),
          { kind: "timer", name: "reconnect", atMs: 0 } as const,
        ]).flat(),
        closed(),
      ]),
    ) as number[];
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(delays[0]).toBeLessThan(500);
    expect(delays.at(-1)).toBeLessThanOrEqual(15_000);
  });

  it("comes back nearly at once when the gateway is only being replaced", () => {
    expect(delayOf([welcome(), closed(CloseCode.GOING_AWAY)])).toBeLessThanOrEqual(100);
  });

  it.each([
    ["a crowded gateway", CloseCode.TOO_MANY_SESSIONS],
    ["one that found it too fast", CloseCode.TOO_FAST],
  ])("comes back later to %s", (_gateway, code) => {
    expect(delayOf([welcome(), closed(code)])).toBeGreaterThanOrEqual(5_000);
  });
});

describe("latency", () => {
  it("divides a click's time by stage", () => {
    const [state] = run([
      ...shown.ready,
      point(1, 2_900),
      answer(1, [mask()], 3_000),
      { kind: "drawn", sequence: 1, drawMs: 4 },
    ]);
    expect(state.latency).toMatchObject({ waitMs: 0, networkMs: 49, queueMs: 1, decodeMs: 50, drawMs: 4 });
  });

  it("counts the wait for the picture by itself", () => {
    const [state] = run([...shown.opening, point(1, 1_600), ready, answer(1, [mask()], 2_080)]);
    expect(state.latency).toMatchObject({ waitMs: 400, networkMs: 29 });
  });
});
