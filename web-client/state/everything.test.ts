import { describe, expect, it } from "vitest";
import { shownAnswer } from "./edit.js";
import type { ClientEvent, Effect } from "./event.js";
import type { ShownPicture, State } from "./state.js";
import {
  answer,
  begin,
  cancel,
  closed,
  everythingDone,
  everythingEvent,
  everythingFailure,
  found,
  large,
  loaded,
  point,
  ready,
  rectangle,
  run,
  shown,
  small,
  uploadEvent,
  welcome,
} from "./testing/fixtures.js";
import type { Everything } from "./work.js";

const finding = [...shown.ready, begin];
const some = [...finding, found(large), found(small)];
const at = (x: number, y: number): ClientEvent => ({ kind: "hover", x, y, atMs: 2_950 });
const take: ClientEvent = { kind: "everything-take" };
const names = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return picture;
}

function everythingOf(state: State): Exclude<Everything, { kind: "off" }> {
  const { everything } = pictureOf(state);
  if (everything.kind === "off") throw new Error("Everything mode is off.");
  return everything;
}

const idsOf = (state: State) => everythingOf(state).found.map(({ id }) => id);

describe("everything mode", () => {
  it("begins when the picture is ready, with specks of no account", () => {
    const [wanted, nothing] = run([...shown.encoding, begin]);
    expect([everythingOf(wanted).kind, nothing]).toEqual(["wanted", []]);
    const [state, effects] = run([ready], wanted);
    expect(everythingOf(state).kind).toBe("finding");
    expect(effects).toEqual([{ kind: "everything", imageId: loaded().imageId, smallestRegionPx: 0, words: undefined }]);
  });

  it("keeps what is found, small before large, and drops what is retracted", () => {
    expect(idsOf(run(some)[0])).toEqual([2, 1]);
    const [state] = run([...some, at(5, 5), everythingEvent({ case: "retracted", value: { id: 2 } })]);
    expect(idsOf(state)).toEqual([1]);
    expect(everythingOf(state).lit).toBeUndefined();
  });

  it("highlights the smallest mask under the pointer, and asks for no preview", () => {
    const [state, effects] = run([...some, at(5, 5)]);
    expect([everythingOf(state).lit, effects]).toEqual([2, []]);
    expect(everythingOf(run([at(15, 10)], state)[0]).lit).toBe(1);
    expect(everythingOf(run([at(39, 19)], state)[0]).lit).toBeUndefined();
  });

  it("takes a mask as if its point had been clicked; undo gives it back", () => {
    const [state, effects] = run([...some, point(5)]);
    const shownNow = shownAnswer(pictureOf(state).edit);
    expect(effects).toEqual([]);
    expect(shownNow).toMatchObject({ pending: false, answer: { chosen: 0 } });
    expect(shownNow?.answer.masks[0]).toBe(small.mask);
    expect(pictureOf(state).edit.present.prompts.points).toEqual([{ x: 6, y: 6, label: 1 }]);
    expect(everythingOf(state)).toMatchObject({ kind: "finding", open: false });
    const [refined, asked] = run([point(7)], state);
    expect(asked).toMatchObject([{ kind: "segment", prompts: { points: [{ x: 6 }, { x: 7 }] } }]);
    expect(shownAnswer(pictureOf(run([{ kind: "undo" }], refined)[0]).edit)?.answer.masks[0]).toBe(small.mask);
  });

  it("takes the highlighted mask by keyboard", () => {
    const [state] = run([...some, { kind: "everything-step", to: "next" }, take]);
    expect(pictureOf(state).edit.present.answer?.masks[0]).toBe(small.mask);
  });

  it("asks about a spot where nothing was found, as an object of its own", () => {
    const before = [...shown.ready, point(), answer(1)];
    const spot: ClientEvent = { kind: "point", x: 39, y: 19, label: 1, atMs: 2_800 };
    const [state, effects] = run([...before, begin, found(large), spot]);
    expect(effects).toMatchObject([{ kind: "segment", prompts: { points: [{ x: 39, y: 19 }] } }]);
    expect(everythingOf(state).open).toBe(false);
  });

  it("keeps what was found when it is cancelled, and begins again only after the gateway has ended it", () => {
    const [cancelled, effects] = run([...some, cancel]);
    expect(names(effects)).toEqual(["cancel-everything"]);
    expect(idsOf(cancelled)).toEqual([2, 1]);
    const [late] = run([found(rectangle(3, 30, 10, 5, 5))], cancelled);
    expect(idsOf(late)).toEqual([2, 1]);
    const [again, none] = run([begin], late);
    expect([everythingOf(again).kind, none]).toEqual(["wanted", []]);
    expect(names(run([everythingFailure()], again)[1])).toEqual(["everything"]);
  });

  it("is cancelled by a new picture, whose own search waits for the end of that one", () => {
    const other: ClientEvent[] = [
      { kind: "picture-chosen", token: 2, name: "dog.jpg" },
      { ...loaded(), token: 2 },
    ];
    const [state, effects] = run([...some, ...other]);
    expect(names(effects)).toEqual(["stop-upload", "cancel-everything", "open-image"]);
    const [wanted] = run([ready, begin, found(large)], state);
    expect(everythingOf(wanted)).toMatchObject({ kind: "wanted", found: [] });
    expect(names(run([everythingFailure()], wanted)[1])).toEqual(["everything"]);
  });

  it("survives a lost connection: what was found stays, and it can begin again", () => {
    const [lost] = run([...some, closed()]);
    expect(everythingOf(lost)).toMatchObject({ kind: "failed", message: expect.stringContaining("connection") });
    expect(idsOf(lost)).toEqual([2, 1]);
    const [back, effects] = run([begin, welcome(), ready], lost);
    expect(everythingOf(back)).toMatchObject({ kind: "finding", found: [] });
    expect(names(effects)).toEqual(["everything"]);
  });

  it("uploads a picture again that nobody has any more, and begins then", () => {
    const [state, effects] = run([...finding, everythingFailure(5, "unknown image")]);
    expect([state.picture.kind, names(effects)]).toEqual(["uploading", ["upload"]]);
    const [begun, asked] = run([uploadEvent({ case: "ready", value: {} }), ready], state);
    expect([everythingOf(begun).kind, names(asked)]).toEqual(["finding", ["everything"]]);
  });

  it("goes back to clicking with Escape, once to cancel and once to leave", () => {
    const leave: ClientEvent = { kind: "escape" };
    const [cancelled] = run([...some, leave]);
    expect(everythingOf(cancelled)).toMatchObject({ kind: "cancelled", open: true });
    expect(everythingOf(run([leave], cancelled)[0]).open).toBe(false);
  });

  it("is done with what was not retracted", () => {
    const [state] = run([...some, everythingDone]);
    expect(everythingOf(state)).toMatchObject({ kind: "done", elapsedMs: expect.closeTo(4_200) });
    expect(state.link).toMatchObject({ search: undefined });
  });
});
