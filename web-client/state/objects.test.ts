import { describe, expect, it } from "vitest";
import { decodeRle, type Mask, rleArea } from "../../proto/index.js";
import type { Prompts } from "../sdk/session/prompts.js";
import type { ClientEvent } from "./event.js";
import { maskOfObject } from "./objects.js";
import type { State } from "./state.js";
import { answer, large, point, rectangle, run, shown, small } from "./testing/fixtures.js";
import type { Edit } from "./work.js";

const keep: ClientEvent = { kind: "object-kept" };
const undo: ClientEvent = { kind: "undo" };
const one = [...shown.ready, point(3), answer(1, [large.mask!]), keep];
const two = [...one, point(5), answer(2, [small.mask!]), keep];

const editOf = ({ picture }: State): Edit => {
  if (picture.kind === "empty") throw new Error("There is no picture.");
  return picture.edit;
};
const editAfter = (...events: ClientEvent[]) => editOf(run(events)[0]);
const ids = ({ present }: Edit) => present.objects.map(({ id }) => id);
const areas = ({ present }: Edit) => present.objects.map((object) => maskOfObject(object)?.area);

describe("finished objects", () => {
  it("are numbered as they are kept, each in a colour of its own, and leave no current object", () => {
    const { present } = editAfter(...two);
    expect(present).toMatchObject({ prompts: { points: [] }, answer: undefined });
    expect(present.objects.map(({ id, colour }) => [id, colour])).toEqual([
      [1, 0],
      [2, 5],
    ]);
  });

  it("are kept only once there is a mask", () => {
    expect(ids(editAfter(...shown.ready, point(3), keep))).toEqual([]);
  });

  it("become current again with undo, click by click", () => {
    const edit = editAfter(...two, undo);
    expect(ids(edit)).toEqual([1]);
    expect(edit.present.prompts.points).toMatchObject([{ x: 5 }]);
    expect(ids(editAfter(...two, undo, undo, undo, undo))).toEqual([]);
  });

  it("are edited again from their own prompts, and replaced by what comes of it", () => {
    const edited = editAfter(...two, { kind: "object-edited", id: 1 });
    expect(edited.present).toMatchObject({ editing: 1, prompts: { points: [{ x: 3 }] } });
    const replaced = editAfter(...two, { kind: "object-edited", id: 1 }, point(4), answer(3, [small.mask!]), keep);
    expect(ids(replaced)).toEqual([1, 2]);
    expect(areas(replaced)).toEqual([small.mask!.area, small.mask!.area]);
  });

  it("stay as they were when editing is given up", () => {
    const edit = editAfter(...two, { kind: "object-edited", id: 1 }, point(4), { kind: "clear" });
    expect(edit.present.editing).toBeUndefined();
    expect(areas(edit)).toEqual([large.mask!.area, small.mask!.area]);
  });

  it("lose nothing when another becomes the current one: what was there is finished first", () => {
    const edit = editAfter(...two, point(9), answer(3), { kind: "object-edited", id: 1 });
    expect(ids(edit)).toEqual([1, 2, 3]);
    expect(edit.present.editing).toBe(1);
  });

  it("are merged into one, and the merging can be undone", () => {
    const apart = rectangle(3, 30, 2, 4, 4).mask!;
    const begun = [...one, point(31), answer(2, [apart]), keep];
    const merge: ClientEvent = { kind: "objects-combined", id: 1, otherId: 2, operation: "union" };
    expect(areas(editAfter(...begun, merge))).toEqual([large.mask!.area + apart.area]);
    expect(areas(editAfter(...begun, merge, undo))).toEqual([large.mask!.area, apart.area]);
  });

  it("are cut out of one another, but never to nothing", () => {
    const cut: ClientEvent = { kind: "objects-combined", id: 1, otherId: 2, operation: "difference" };
    expect(areas(editAfter(...two, cut))).toEqual([large.mask!.area - small.mask!.area, small.mask!.area]);
    const whole: ClientEvent = { kind: "objects-combined", id: 2, otherId: 1, operation: "difference" };
    expect(areas(editAfter(...two, whole))).toEqual([large.mask!.area, small.mask!.area]);
  });

  it("change places, names and colours, and go", () => {
    expect(ids(editAfter(...two, { kind: "object-moved", id: 1, to: 7 }))).toEqual([2, 1]);
    const renamed = editAfter(...two, { kind: "object-renamed", id: 2, name: " Cup " });
    expect(renamed.present.objects[1]).toMatchObject({ name: "Cup" });
    expect(ids(editAfter(...two, { kind: "object-removed", id: 1 }))).toEqual([2]);
    // A number is not given twice: a name or a file may speak of it.
    expect(ids(editAfter(...two, { kind: "object-removed", id: 2 }, point(9), answer(3), keep))).toEqual([1, 3]);
  });

  it("are hidden without a step of their own", () => {
    const hidden = editAfter(...two, { kind: "object-shown", id: 1, visible: false });
    expect(hidden.past).toHaveLength(editAfter(...two).past.length);
    expect(hidden.present.objects[0]).toMatchObject({ visible: false });
  });
});

describe("painting", () => {
  const shape = rectangle(9, 10, 10, 6, 6).mask!;
  const painted = (tool: "brush" | "lasso", operation: "union" | "difference" = "union"): ClientEvent => ({
    kind: "painted",
    tool,
    rle: shape.rle!,
    operation,
    atMs: 9,
  });
  const begun = [
    ...shown.ready,
    point(3),
    answer(1, [large.mask!, small.mask!]),
    { kind: "candidate", index: 1 } as const,
  ];
  const areaOf = (prompts: Prompts) => rleArea(decodeRle(prompts.mask!));
  /** A current mask that is no answer: two objects of this shape, merged. */
  const merged = (mask: Mask): ClientEvent[] => [
    ...shown.ready,
    ...[point(3), answer(1, [mask]), keep],
    ...[point(5), answer(2, [mask]), keep],
    { kind: "objects-combined", id: 1, otherId: 2, operation: "union" },
    { kind: "object-edited", id: 1 },
  ];

  it("begins an object with marks deep inside the stroke", () => {
    const [, effects] = run([...shown.ready, painted("brush")]);
    expect(effects).toMatchObject([{ kind: "segment", prompts: { points: [], mask: undefined } }]);
    const { marks = [] } = editAfter(...shown.ready, painted("brush")).present.prompts;
    expect(marks[0]).toMatchObject({ label: 1 });
    for (const { x, y } of marks) expect([x >= 10 && x < 16, y >= 10 && y < 16]).toEqual([true, true]);
  });

  it("refines what is on the screen, the chosen candidate of it, with marks on the object or beside it", () => {
    const { prompts } = editAfter(...begun, painted("brush", "difference")).present;
    expect(prompts).toMatchObject({ points: [{ x: 3 }], marks: [{ label: 0 }], from: { sequence: 1, mask: 1 } });
  });

  it("goes on with the marks there are", () => {
    const twice = editAfter(...shown.ready, painted("brush"), answer(1), painted("brush", "difference")).present
      .prompts;
    expect(twice.marks?.map(({ label }) => label)).toEqual(expect.arrayContaining([1, 0]));
    expect(twice.from?.prompts.marks?.every(({ label }) => label === 1)).toBe(true);
  });

  it("sends the bounds of what a lasso goes round, with marks inside it", () => {
    const { prompts } = editAfter(...shown.ready, painted("lasso")).present;
    expect(prompts).toMatchObject({ box: { x0: 10, y0: 10, x1: 16, y1: 16 }, mask: undefined });
    expect(prompts.marks?.[0]).toMatchObject({ label: 1 });
  });

  it("refines what a lasso led to, as a click does", () => {
    const { prompts } = editAfter(...shown.ready, painted("lasso"), answer(1), point(4)).present;
    expect(prompts).toMatchObject({ box: { x0: 10 }, points: [{ x: 4 }], from: { sequence: 1 } });
  });

  it("corrects an answer with a lasso as with a brush", () => {
    const { prompts } = editAfter(...begun, painted("lasso", "difference")).present;
    expect(prompts).toMatchObject({ mask: undefined, marks: [{ label: 0 }], from: { sequence: 1, mask: 1 } });
  });

  it("lays a stroke to a shape that did not come from points, or cuts it out", () => {
    const before = areaOf(editAfter(...merged(small.mask!)).present.prompts);
    expect(areaOf(editAfter(...merged(small.mask!), painted("lasso")).present.prompts)).toBe(before + shape.area);
    const { prompts } = editAfter(...merged(large.mask!), painted("brush", "difference")).present;
    expect(areaOf(prompts)).toBeLessThan(large.mask!.area);
  });

  it("leaves no current object when a lasso cuts everything out", () => {
    const gone = editAfter(...merged(shape), painted("lasso", "difference"));
    expect(gone.present).toMatchObject({ sequence: 0, prompts: { points: [] } });
  });

  it("takes nothing from nothing", () => {
    expect(editAfter(...shown.ready, painted("brush", "difference")).past).toEqual([]);
    expect(editAfter(...shown.ready, painted("lasso", "difference")).past).toEqual([]);
  });
});

describe("placed points", () => {
  const begun = [...shown.ready, point(3), answer(1)];

  it("are asked about anew when they are moved", () => {
    const [, effects] = run([...begun, { kind: "point-moved", index: 0, x: 8, y: 2, atMs: 9 }]);
    expect(effects).toMatchObject([{ kind: "segment", prompts: { points: [{ x: 8, y: 2, label: 1 }] } }]);
  });

  it("leave no current object when the last is removed", () => {
    expect(editAfter(...begun, { kind: "point-removed", index: 0, atMs: 9 }).present).toMatchObject({ sequence: 0 });
  });
});
