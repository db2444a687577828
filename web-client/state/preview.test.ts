import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ErrorCode, SegmentResponseSchema } from "../../proto/index.js";
import { previewEveryMs } from "../sdk/session/preview-pace.js";
import { shownAnswer } from "./edit.js";
import type { ClientEvent, Effect } from "./event.js";
import { answerIsNearMs } from "./preview.js";
import type { ShownPicture, State } from "./state.js";
import { answer, imageId, mask, point, refusal, run, shown } from "./testing/fixtures.js";

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return picture;
}

const areaShown = (state: State) => {
  const found = shownAnswer(pictureOf(state).edit);
  return found?.answer.masks[found.answer.chosen]?.area;
};
const hover: ClientEvent = { kind: "hover", x: 7, y: 8, atMs: 2_950 };
const chosenSecond: ClientEvent = { kind: "candidate", index: 1 };

describe("previews", () => {
  const over = (x: number): ClientEvent => ({ kind: "hover", x, y: 5, atMs: 2_950 });

  it("follow the pointer without waiting for each other's answers, eight at the most, and then go for the latest spot", () => {
    const [state, none] = run([...shown.ready, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(over)]);
    expect(pictureOf(state).edit.hover.asked).toHaveLength(8);
    expect(none).toEqual([]);
    const [, effects] = run([answer(1)], state);
    expect(effects).toMatchObject([{ preview: true, sequence: 9, prompts: { points: [{ x: 10 }] } }]);
    expect(run([refusal(1, ErrorCode.RESOURCE_EXHAUSTED, 700)], state)[1]).toEqual([]);
  });

  it("are decoded one at a time by the browser itself", () => {
    const here: ClientEvent = { kind: "decoding-moved", place: "here" };
    const [state, none] = run([...shown.ready, here, over(1), over(2), over(3)]);
    expect(none).toEqual([]);
    const [, effects] = run([{ ...answer(1), place: "here" }], state);
    expect(effects).toMatchObject([{ preview: true, sequence: 2, prompts: { points: [{ x: 3 }] } }]);
  });

  it("are shown as they come, and none that comes after one asked for later", () => {
    const [first] = run([...shown.ready, over(1), over(2), over(3), answer(1, [mask(11)])]);
    expect(pictureOf(first).edit.hover).toMatchObject({
      shown: { area: 11 },
      asked: [{ sequence: 2 }, { sequence: 3 }],
    });
    const [passed] = run([answer(3, [mask(13)]), answer(2, [mask(12)])], first);
    expect(pictureOf(passed).edit.hover).toMatchObject({ shown: { area: 13 }, asked: [] });
    const [gaveWay] = run([refusal(2, ErrorCode.CANCELLED)], first);
    expect(pictureOf(gaveWay).edit.hover).toMatchObject({ shown: { area: 11 }, asked: [{ sequence: 3 }] });
  });

  it("drops the answer when the pointer has left or a click came", () => {
    for (const next of [{ kind: "hover-end" } satisfies ClientEvent, point()]) {
      const [state] = run([...shown.ready, hover, next, answer(1, [mask(99)])]);
      expect(pictureOf(state).edit.hover).toMatchObject({ asked: [], shown: undefined });
    }
  });

  it("keeps the preview as a placeholder until the click is answered", () => {
    const [state] = run([...shown.ready, hover, answer(1, [mask(99)]), point()]);
    expect(pictureOf(state).edit.hover.shown?.area).toBe(99);
    expect(pictureOf(run([answer(2)], state)[0]).edit.hover.shown).toBeUndefined();
  });

  it("are fewer when they come late, and none when they come too late, until that is over", () => {
    const at = (atMs: number): ClientEvent => ({ kind: "hover", x: 5, y: 5, atMs });
    /** As many previews as that, each this long on its way. */
    const late = (from: State, count: number, ms: number): State => {
      let state = from;
      let now = state.previewing.lastAskedAtMs;
      for (let i = 0; i < count; i++) {
        now += 6_000;
        const { place } = state.previewing;
        state = run([at(now), { ...answer(state.nextSequence, [mask()], now + ms), place }], state)[0];
      }
      return state;
    };
    const asks = (state: State, afterMs: number) =>
      run([at(state.previewing.lastAskedAtMs + afterMs)], state)[1].length === 1;
    const [begun] = run(shown.ready);
    const quick = late(begun, 3, 40);
    expect([asks(quick, 61), previewEveryMs(quick.previewing)]).toEqual([true, 61]);
    const slow = late(quick, 12, 300);
    expect([asks(slow, 400), asks(slow, 1_000)]).toEqual([false, true]);
    // The pointer's timer makes up for one that was late.
    expect(asks(slow, previewEveryMs(slow.previewing) - 15)).toBe(true);
    const tooSlow = late(slow, 12, 900);
    expect([asks(tooSlow, 4_000), asks(tooSlow, 5_000)]).toEqual([false, true]);
    const recovered = late(tooSlow, 8, 40);
    expect(asks(recovered, 60)).toBe(true);
    // Decoded by the browser itself they are nobody's load, and what was known of the network says nothing about them.
    const [here] = run([{ kind: "decoding-moved", place: "here" }], tooSlow);
    expect([asks(here, 33), previewEveryMs(here.previewing)]).toEqual([true, 33]);
    const slowHere = late(here, 12, 300);
    expect([asks(slowHere, 33), previewEveryMs(slowHere.previewing)]).toEqual([true, 33]);
    const tooSlowHere = late(here, 12, 900);
    expect([asks(tooSlowHere, 900), asks(tooSlowHere, 1_000)]).toEqual([false, true]);
    // One that was asked of the server before says nothing about the browser.
    const [stray] = run([at(900_000), answer(here.nextSequence, [mask()], 902_000)], here);
    expect(previewEveryMs(stray.previewing)).toBe(33);
    // One that was held up is soon made good.
    const heldUp = late(late(run([{ kind: "decoding-moved", place: "here" }], begun)[0], 1, 2_000), 3, 130);
    expect(previewEveryMs(heldUp.previewing)).toBe(33);
  });

  const press = (x: number, label: 0 | 1 = 1): ClientEvent => ({ kind: "press", x, y: 5, label, atMs: 2_960 });
  const foreseen = (effects: readonly Effect[]) => effects.filter((effect) => effect.kind === "segment");

  it("are asked for where a press begins, unless one is there already, and stand in for the click's mask", () => {
    const [, effects] = run([...shown.ready, press(7)]);
    expect(foreseen(effects)).toMatchObject([{ preview: true, prompts: { points: [{ x: 7, y: 5, label: 1 }] } }]);
    expect(run([...shown.ready, over(7), press(7)])[1]).toEqual([]);
    expect(run([...shown.ready, press(7, 0)])[1]).toEqual([]);
    const [state] = run([...shown.ready, press(7), answer(1, [mask(17)])]);
    expect(pictureOf(state).edit.hover).toMatchObject({ shown: { area: 17 }, isFound: true });
  });

  it("ask ahead what a refining click will ask, without a mask to be seen", () => {
    for (const label of [1, 0] as const) {
      const [pressed, asked] = run([
        ...shown.ready,
        point(1),
        answer(1, [mask(10), mask(11)]),
        chosenSecond,
        press(7, label),
      ]);
      const [found] = run([answer(2, [mask(20)])], pressed);
      expect(pictureOf(found).edit.hover).toMatchObject({ shown: undefined, isFound: true });
      expect(areaShown(found)).toBe(11);
      const [clicked, click] = run([{ ...point(7, 3_000), y: 5, label } as ClientEvent], found);
      const [ahead] = foreseen(asked);
      expect(ahead).toMatchObject({ preview: true, sequence: 2 });
      expect(foreseen(click)).toEqual([{ ...ahead, preview: false, sequence: 3 }]);
      expect(answerIsNearMs(clicked, 3_010)).toBe(23);
    }
  });

  const clickAt = (x: number, label: 0 | 1 = 1): ClientEvent => ({ kind: "point", x, y: 5, label, atMs: 3_000 });
  const near = (atMs: number, ...events: ClientEvent[]) => answerIsNearMs(run([...shown.ready, ...events])[0], atMs);
  const away: ClientEvent = { kind: "hover-end" };

  it("are of no use once the press has become something else, whenever they come, or while a click waits", () => {
    expect(near(3_001, press(7), answer(1), clickAt(7))).toBe(32);
    expect(near(3_001, press(7), answer(1), away, clickAt(7))).toBe(0);
    expect(near(3_001, press(7), away, answer(1), clickAt(7))).toBe(0);
    expect(run([...shown.ready, point(1), press(7)])[1]).toEqual([]);
  });

  it("stand in for a click's own mask, which is near: for two frames nothing else is drawn of it", () => {
    const previewed = [over(5), answer(1, [mask(99)])] as const;
    expect(near(3_001, ...previewed)).toBe(0);
    expect(near(3_010, ...previewed, clickAt(5))).toBe(23);
    expect(near(3_033, ...previewed, clickAt(5))).toBe(0);
    expect(near(3_010, ...previewed, clickAt(5), answer(2))).toBe(0);
    expect(near(3_010, ...previewed, clickAt(5), clickAt(6))).toBe(0);
    // Of another spot, of the other kind, on its way still, over a network that takes longer than that by itself.
    expect(near(3_010, ...previewed, clickAt(6))).toBe(0);
    expect(near(3_010, ...previewed, clickAt(5, 0))).toBe(0);
    expect(near(3_010, over(5), clickAt(5))).toBe(0);
    expect(near(3_010, over(5), answer(1, [mask(99)], 3_060), clickAt(5))).toBe(0);
  });

  it("stay under the finger that leaves with its click, until the answer comes", () => {
    const [state] = run([...shown.ready, press(7), answer(1, [mask(17)]), clickAt(7), away]);
    expect(pictureOf(state).edit.hover.shown?.area).toBe(17);
    expect(pictureOf(run([answer(2)], state)[0]).edit.hover.shown).toBeUndefined();
  });

  it("go on one at a time in the browser when those on their way to the server come back", () => {
    const here: ClientEvent = { kind: "decoding-moved", place: "here" };
    const [state, none] = run([...shown.ready, over(1), over(2), here, over(3), answer(1)]);
    expect(none).toEqual([]);
    expect(run([answer(2)], state)[1]).toMatchObject([{ preview: true, prompts: { points: [{ x: 3 }] } }]);
  });

  it("are told by no wait that is their own", () => {
    // Each decoded for 51 ms, and asked for every 30.
    const [state] = run([
      ...shown.ready,
      { kind: "hover", x: 1, y: 5, atMs: 3_000 },
      { kind: "hover", x: 2, y: 5, atMs: 3_030 },
      { kind: "hover", x: 3, y: 5, atMs: 3_060 },
      answer(1, [mask()], 3_060),
      answer(2, [mask()], 3_112),
      answer(3, [mask()], 3_164),
    ]);
    expect(state.previewing).toMatchObject({ roundTripMs: 60, serviceMs: 51 });
  });

  it("are asked for thirty times a second of a service that is quick itself, and less often of a busy one", () => {
    const served = (decodeMs: number): ClientEvent => ({
      kind: "answer",
      response: create(SegmentResponseSchema, {
        sequence: 1,
        outcome: { case: "result", value: { imageId, masks: [mask()], timings: { decodeMs } } },
      }),
      atMs: 3_040,
    });
    const everyMs = (...events: ClientEvent[]) => previewEveryMs(run([...shown.ready, ...events])[0].previewing);
    expect(everyMs()).toBe(60);
    expect(everyMs(hover, served(20))).toBe(33);
    expect(everyMs(hover, served(45))).toBe(60);
    expect(everyMs(hover, served(80))).toBe(96);
    expect(everyMs(hover, refusal(1, ErrorCode.RESOURCE_EXHAUSTED, 700))).toBe(840);
    for (const code of [ErrorCode.CANCELLED, ErrorCode.FAILED_PRECONDITION]) {
      expect(everyMs(hover, served(20), over(2), refusal(2, code))).toBe(33);
    }
  });

  it("is not asked for while the object has prompts", () => {
    expect(run([...shown.ready, point(), answer(1), hover])[1]).toEqual([]);
  });
});
