import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DetailSchema, type Mask } from "../../proto/index.js";
import { segmentRequest } from "../sdk/session/request.js";
import { announce } from "./describe.js";
import type { ClientEvent, Effect, EventOf } from "./event.js";
import { isFiner } from "./finer.js";
import type { ShownPicture, State } from "./state.js";
import { answer, mask, point, run, shown } from "./testing/fixtures.js";

const crop = { x: 16, y: 0, width: 16, height: 16 };
const fine: ClientEvent = { kind: "detail-chosen", isFine: true };
const keep: ClientEvent = { kind: "object-kept" };
const clicked = [fine, ...shown.ready, point(), answer(1, [mask(5), mask(9), mask(14)])];

/** What follows on a click's own answer. */
function finerAnswer(sequence: number, masks: Mask[], indices: number[]): EventOf<"answer"> {
  const event = answer(sequence, masks);
  if (event.response.outcome.case === "result") {
    event.response.outcome.value.detail = create(DetailSchema, { crop, masks: indices });
  }
  return event;
}
const finer = finerAnswer(1, [mask(6), mask(9), mask(13)], [0, 2]);

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("no picture");
  return picture;
}
const answerIn = (state: State) => pictureOf(state).edit.present.answer;
const areas = (state: State) => answerIn(state)?.masks.map(({ area }) => area);
const stepsOf = (effects: readonly Effect[]) => {
  const [effect] = effects;
  if (effect?.kind !== "segment") throw new Error("nothing was asked");
  const source = segmentRequest(effect.sequence, effect.prompts, effect.preview).prompt?.mask?.source;
  return source?.case === "previous" ? source.value.steps.map(({ crop: part }) => part?.x) : undefined;
};

describe("a click whose masks may be made finer", () => {
  it("says what is seen of the picture, and says nothing where the person does not want it, nor for a preview", () => {
    const seen = { x: 0, y: 0, width: 40, height: 20 };
    expect(run([fine, ...shown.ready, point()])[1]).toMatchObject([{ kind: "segment", view: seen }]);
    expect(run([...shown.ready, point()])[1]).not.toMatchObject([{ view: seen }]);
    const hovered = run([fine, ...shown.ready, { kind: "hover", x: 5, y: 5, atMs: 2_600 }])[1];
    expect(hovered).toMatchObject([{ kind: "segment", preview: true }]);
    expect(hovered).not.toMatchObject([{ view: seen }]);
  });

  it("has its finer masks in the place of the first ones, with nothing to undo, and no other choice", () => {
    const [before] = run([...clicked, { kind: "candidate", index: 1 }]);
    const [after, effects] = run([finer], before);
    expect([areas(after), answerIn(after)?.chosen, effects]).toEqual([[6, 9, 13], 1, []]);
    expect(pictureOf(after).edit.past).toHaveLength(pictureOf(before).edit.past.length);
    expect([after.latency, after.clickAnsweredAtMs]).toEqual([before.latency, before.clickAnsweredAtMs]);
    // The second is as it came first.
    expect([0, 1, 2].map((chosen) => isFiner({ ...answerIn(after)!, chosen }))).toEqual([true, false, true]);
    // At most once.
    expect(run([finerAnswer(1, [mask(7)], [0])], after)[0]).toEqual(after);
  });

  it("has them where its step is by now: undone, left for another object, kept and edited", () => {
    const undone = run([...clicked, { kind: "undo" }, finer, { kind: "redo" }])[0];
    expect(areas(undone)).toEqual([6, 9, 13]);
    const [kept] = run([...clicked, keep, finer]);
    expect(pictureOf(kept).edit.present.objects[0]?.answer.masks[0]?.area).toBe(6);
    expect(areas(run([{ kind: "undo" }], kept)[0])).toEqual([6, 9, 13]);
    expect(areas(run([...clicked, keep, { kind: "object-edited", id: 1 }, finer])[0])).toEqual([6, 9, 13]);
  });

  it.each<[string, readonly ClientEvent[]]>([
    ["while a newer click waits", [...clicked, point(9), finer]],
    ["of a click that is no more", [...shown.ready, point(), answer(1), finerAnswer(7, [mask(6)], [0])]],
    ["before its own answer", [...shown.ready, point(), finer]],
    ["that names no mask of it", [...clicked, finerAnswer(1, [mask(6)], [5])]],
  ])("keeps its first masks from an answer %s", (_name, events) => {
    expect(run(events)[0]).toEqual(run(events.slice(0, -1))[0]);
  });

  it("Z7 is refined from the finer mask by the part's name, and from the first one without", () => {
    expect(stepsOf(run([...clicked, finer, point(9)])[1])).toEqual([16]);
    expect(stepsOf(run([...clicked, finer, { kind: "candidate", index: 1 }, point(9)])[1])).toEqual([undefined]);
    expect(stepsOf(run([...clicked, point(9)])[1])).toEqual([undefined]);
    const second = [...clicked, finer, point(9), answer(2)];
    expect(stepsOf(run([...second, point(11)])[1])).toEqual([16, undefined]);
    expect(stepsOf(run([...second, finerAnswer(2, [mask(8)], [0]), point(11)])[1])).toEqual([16, 16]);
  });

  it("has each where its object is in an answer of another order, and drops one that is of none", () => {
    const [state] = run([...shown.ready, fine, point(), answer(1, [mask(400), mask(20), mask(90)])]);
    const moved = finerAnswer(1, [mask(21), mask(410), mask(3)], [0, 1, 2]);
    const [after] = run([moved], state);
    expect(areas(after)).toEqual([410, 21, 90]);
    expect([0, 1, 2].map((chosen) => isFiner({ ...answerIn(after)!, chosen }))).toEqual([true, true, false]);
    // To whoever made it, it is of the number that it had there.
    const startOf = (index: number) => run([moved, { kind: "candidate", index }, point(9)], state)[1];
    expect(startOf(0)).toMatchObject([{ prompts: { from: { mask: 1, crop } } }]);
    expect(startOf(1)).toMatchObject([{ prompts: { from: { mask: 0, crop } } }]);
    // A lone mask has nobody to be mistaken for.
    expect(areas(run([...shown.ready, point(), answer(1, [mask(20)]), finerAnswer(1, [mask(90)], [0])])[0])).toEqual([
      90,
    ]);
    const [unlike] = run([finerAnswer(1, [mask(3)], [0])], state);
    expect([areas(unlike), answerIn(unlike)?.finer]).toEqual([[400, 20, 90], undefined]);
  });

  it("is told of once: the outline that has moved a little says nothing", () => {
    const spoken = announce(run(clicked)[0], 9_000);
    expect(spoken).toBe("Object found: 0.6 % of the picture, score 90 %, candidate 1 of 3");
    expect(announce(run([...clicked, finer])[0], 9_000)).toBe(spoken);
  });
});
