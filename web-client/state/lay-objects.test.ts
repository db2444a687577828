import { describe, expect, it } from "vitest";
import { noPrompts } from "../sdk/session/prompts.js";
import type { ClientEvent, EventOf } from "./event.js";
import type { State } from "./state.js";
import { answer, large, point, run, shown, small } from "./testing/fixtures.js";
import type { SceneObject } from "./work.js";

const object = (id: number, mask = large.mask!): SceneObject => ({
  id,
  name: undefined,
  colour: 0,
  visible: true,
  prompts: noPrompts,
  answer: { masks: [mask], chosen: 0 },
});
const laid = (objects: SceneObject[], more: Partial<EventOf<"objects-laid">> = {}): ClientEvent => ({
  kind: "objects-laid",
  token: 1,
  objects,
  ...more,
});
const keepOne: ClientEvent[] = [point(3), answer(1, [small.mask!]), { kind: "object-kept" }];
const idsOf = ({ picture }: State) =>
  picture.kind === "empty" ? [] : picture.edit.present.objects.map(({ id }) => id);

describe("objects that come from elsewhere", () => {
  it("lie below what is kept after them, which has the next number", () => {
    expect(idsOf(run([...shown.ready, laid([object(1), object(2)]), ...keepOne])[0])).toEqual([1, 2, 3]);
  });

  it("stay when everything is undone", () => {
    const events = [...shown.ready, ...keepOne, laid([object(8)]), ...Array(3).fill({ kind: "undo" })];
    expect(idsOf(run(events)[0])).toEqual([8]);
  });

  it("take the place of those with their ids, and others go", () => {
    const [state] = run([...shown.ready, laid([object(1), object(2)]), laid([object(2, small.mask!)], { gone: [1] })]);
    expect(idsOf(state)).toEqual([2]);
    expect(state.picture.kind !== "empty" && state.picture.edit.present.objects[0]?.answer.masks).toEqual([small.mask]);
  });

  it("wait in the strip for a picture that is not on the canvas yet", () => {
    const [state] = run([
      ...shown.ready,
      { kind: "picture-added", token: 2, name: "next" },
      laid([object(1)], { token: 2 }),
    ]);
    expect(idsOf(state)).toEqual([]);
    expect(state.strip.find(({ token }) => token === 2)?.work?.edit.present.objects.map(({ id }) => id)).toEqual([1]);
  });
});
