import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Annotation, ErrorCode, GroundingSchema, MaskSchema } from "../../proto/index.js";
import { announce, describe as inWords } from "./describe.js";
import type { ClientEvent } from "./event.js";
import type { ShownPicture, State } from "./state.js";
import {
  begin,
  cancel,
  everythingDone,
  everythingFailure,
  found,
  imageId,
  large,
  rectangle,
  run,
  shown,
  small,
  welcome,
} from "./testing/fixtures.js";

const asked: ClientEvent = { kind: "words-asked", words: " dog ", atMs: 2_600 };
const box = { x0: 1, y0: 2, x1: 9, y1: 9 };
const grounding = create(GroundingSchema, { label: "dog", via: "name", detector: "ssdlite", score: 0.8, box });
const dog = (annotation: Annotation): Annotation => ({
  ...annotation,
  mask: { ...(annotation.mask ?? create(MaskSchema)), grounding },
});
const dogs = [...shown.ready, asked, found(dog(large)), found(dog(small)), everythingDone];

function pictureOf({ picture }: State): ShownPicture {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return picture;
}

describe("a search by words", () => {
  it("begins when the picture is ready, as everything mode does", () => {
    const [wanted, nothing] = run([...shown.encoding, asked]);
    expect([pictureOf(wanted).everything, nothing]).toMatchObject([{ kind: "wanted", words: "dog" }, []]);
    const [, effects] = run([...shown.ready, asked]);
    expect(effects).toMatchObject([{ kind: "everything", imageId, words: "dog" }]);
  });

  it("asks nothing for nothing", () => {
    expect(run([...shown.ready, { ...asked, words: "  " }])[1]).toEqual([]);
  });

  it("takes the place of a search under way once that has ended", () => {
    const [state, effects] = run([...shown.ready, begin, asked]);
    expect(effects).toEqual([{ kind: "cancel-everything" }]);
    expect(pictureOf(state).everything).toMatchObject({ kind: "wanted", words: "dog" });
    const [next, more] = run([everythingFailure(ErrorCode.CANCELLED)], state);
    expect(more).toMatchObject([{ kind: "everything", words: "dog" }]);
    // And everything mode that of words.
    const [, last] = run([begin], next);
    expect(last).toEqual([{ kind: "cancel-everything" }]);
  });

  it("shows what it finds, in words too, and gives one with the box that led to it", () => {
    const [state] = run(dogs);
    expect(inWords(state, 9_000).text).toBe("“dog”: 2 found");
    expect(announce(state, 9_000)).toMatch(/^“dog”: 2 found\./);
    const [taken] = run([{ kind: "point", x: 5, y: 5, label: 1, atMs: 3_000 }], state);
    const { present } = pictureOf(taken).edit;
    expect(present.prompts).toMatchObject({ points: [], box: { x0: 1, y0: 2, x1: 9, y1: 9 } });
    expect(pictureOf(taken).everything).toMatchObject({ open: false, words: "dog" });
  });

  it("gives all of them as objects with their names, which is one step back", () => {
    const all: ClientEvent = { kind: "everything-take-all" };
    const [state] = run([...dogs, all]);
    const { objects } = pictureOf(state).edit.present;
    expect(objects.map(({ name }) => name)).toEqual(["dog", "dog 2"]);
    expect(new Set(objects.map(({ id }) => id)).size).toBe(2);
    expect(new Set(objects.map(({ colour }) => colour)).size).toBe(2);
    expect(pictureOf(run([{ kind: "undo" }], state)[0]).edit.present.objects).toEqual([]);
  });

  it("names one that is kept by its word, numbered where there is one of that name", () => {
    const pick: ClientEvent = { kind: "point", x: 5, y: 5, label: 1, atMs: 3_000 };
    const keep: ClientEvent = { kind: "object-kept" };
    const [state] = run([...dogs, { kind: "everything-take-all" }]);
    const [again] = run([asked, found(dog(large)), found(dog(small)), everythingDone, pick, keep], state);
    const names = pictureOf(again).edit.present.objects.map(({ name }) => name);
    expect(names).toEqual(["dog", "dog 2", "dog 3"]);
  });

  it("says what is not there, and why it could not look", () => {
    const [none] = run([...shown.ready, asked, everythingDone]);
    expect(inWords(none, 9_000)).toMatchObject({ text: "There is no “dog” that could be found", problem: false });
    const [failed] = run([...shown.ready, asked, everythingFailure(ErrorCode.INVALID_ARGUMENT)]);
    expect(inWords(failed, 9_000).problem).toBe(true);
    expect(pictureOf(failed).everything).toMatchObject({ kind: "failed", words: "dog" });
  });

  it("keeps what it has found when it is cancelled, and is nothing without", () => {
    expect(pictureOf(run([...shown.ready, asked, cancel])[0]).everything.kind).toBe("off");
    const [state, effects] = run([...shown.ready, asked, found(dog(rectangle(3, 1, 1, 4, 4))), cancel]);
    expect(effects).toEqual([{ kind: "cancel-everything" }]);
    expect(pictureOf(state).everything).toMatchObject({ kind: "cancelled", words: "dog" });
  });

  it("fails with its connection", () => {
    const [state] = run([
      ...shown.ready,
      asked,
      { kind: "socket-closed", code: 1006, atMs: 3_000, random: 0.5 },
      welcome(),
    ]);
    expect(pictureOf(state).everything).toMatchObject({ kind: "failed", words: "dog" });
  });
});
