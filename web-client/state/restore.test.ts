import { describe, expect, it } from "vitest";
import type { ClientEvent, EventOf } from "./event.js";
import type { State } from "./state.js";
import { answer, loaded, point, ready, run, shown, welcome } from "./testing/fixtures.js";
import type { Work } from "./work.js";

const workIn = ({ picture }: State): Work => {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return { edit: picture.edit, everything: picture.everything };
};
/** A finished object, and a click that was not answered when the page went. */
const work = workIn(run([...shown.ready, point(3), answer(1), { kind: "object-kept" }, point(9)])[0]);
const restored: EventOf<"restored"> = {
  kind: "restored",
  pictures: [
    { token: 1, name: "cat.jpg", work },
    { token: 2, name: "dog.jpg", work: undefined },
  ],
  active: 1,
  nextSequence: 12,
  atMs: 100,
};

describe("after an earlier visit", () => {
  it("opens the picture that was on the canvas, and reads the others for the strip", () => {
    const [state, effects] = run([restored]);
    expect(effects).toEqual([
      { kind: "load-picture", token: 1 },
      { kind: "read-picture", token: 2 },
    ]);
    expect(state.strip.map(({ name }) => name)).toEqual(["cat.jpg", "dog.jpg"]);
  });

  it("has the objects and the history again, and asks for the embedding by the picture's digest", () => {
    const [state, effects] = run([welcome(), restored, loaded()]);
    expect(effects[0]).toMatchObject({ kind: "open-image" });
    const { edit } = workIn(state);
    expect(edit.present.objects).toHaveLength(1);
    expect(edit.past).toEqual(work.edit.past);
    expect(
      workIn(run([welcome(), restored, loaded(), { kind: "undo" }, { kind: "undo" }])[0]).edit.present,
    ).toMatchObject({
      objects: [],
      prompts: { points: [{ x: 3 }] },
    });
  });

  it("asks again what was not answered, as of now", () => {
    const [, effects] = run([welcome(), restored, loaded()]);
    expect(effects).toContainEqual(expect.objectContaining({ kind: "segment", sequence: 2, preview: false }));
    const [state] = run([welcome(), restored, loaded()]);
    expect(workIn(state).edit.waiting).toMatchObject([{ madeAtMs: 100, tries: 0 }]);
  });

  it("gives no new click the number of an old one", () => {
    const [, effects] = run([welcome(), restored, loaded(), ready, { kind: "clear" }, point(5)]);
    expect(effects).toMatchObject([{ kind: "segment", sequence: 12 }]);
  });

  it("leaves the canvas to a person who was quicker", () => {
    const quick: ClientEvent = { kind: "picture-chosen", token: 3, name: "new.jpg" };
    const [state, effects] = run([quick, restored]);
    expect(state.loading).toMatchObject({ token: 3 });
    expect(effects.map(({ kind }) => kind)).toEqual(["read-picture", "read-picture"]);
    expect(state.strip.map(({ token }) => token)).toEqual([1, 2, 3]);
  });
});
