import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { LabelSchema } from "../../../proto/index.js";
import { mask } from "../../state/testing/fixtures.js";
import { emptyStep, type SceneObject, type Step } from "../../state/work.js";
import { changesOf, namesOf } from "./objects-to-send.js";

const object = (id: number, name?: string): SceneObject => ({
  id,
  name,
  colour: 0,
  visible: true,
  prompts: { points: [{ x: 1, y: 2, label: 1 }], box: undefined, mask: undefined },
  answer: { masks: [mask(4), mask(5)], chosen: 1 },
});
const labels = [create(LabelSchema, { id: 3, name: "cat" })];
const sent = (step: Step) => {
  let count = 0;
  return changesOf(step, { picture: 7n, labels, model: "sam", key: () => `k${++count}` }).map(({ key, change }) => {
    const { value } = change as { value: { label: number; picture: bigint; rle: unknown } };
    return [key, value.picture, value.label, value.rle];
  });
};

it("sends what is finished and what is under way, by the label of its name", () => {
  const step: Step = { ...emptyStep, ...object(9), objects: [object(1, "cat"), object(2, "tree")] };
  const { rle } = mask(5);
  expect(sent(step)).toEqual([
    ["k1", 7n, 3, rle],
    ["k2", 7n, 0, rle],
    ["k3", 7n, 0, rle],
  ]);
  expect(namesOf({ ...step, objects: [...step.objects, object(4, "cat")] })).toEqual(["cat", "tree"]);
});

it("sends an object that is worked on again once, under its name", () => {
  const step: Step = { ...emptyStep, ...object(1), objects: [object(1, "cat")], editing: 1 };
  expect(sent(step)).toEqual([["k1", 7n, 3, mask(5).rle]]);
});

it("sends nothing of an empty picture", () => {
  expect(sent(emptyStep)).toEqual([]);
});
