import { expect, it } from "vitest";
import { trackNames, tracksOf } from "./name-tracks.js";

it.each<[string, string[], string[]]>([
  ["names of one object each stay", ["ball", "cup"], ["ball", "cup"]],
  ["names of several get their numbers", ["ball", "cup", "ball"], ["ball 1", "cup", "ball 3"]],
  ["no two are alike then either", ["ball", "ball", "ball 1"], ["ball 1 1", "ball 2", "ball 1"]],
])("%s", (_, names, expected) => {
  const objects = names.map((name, at) => ({ id: at + 1, name }));
  expect([...trackNames(objects).values()]).toEqual(expected);
});

const object = (id: number, name: string, { isNamed = false, keptAs = 0n } = {}) => ({
  id,
  name,
  isNamed,
  keptAs: new Map(keptAs === 0n ? [] : [[7n, keptAs]]),
});
const there = [
  { id: 1n, name: "Object 1" },
  { id: 2n, name: "ball" },
];
const chosen = (...objects: ReturnType<typeof object>[]) =>
  [...tracksOf(objects, 7n, there)].sort(([a], [b]) => a - b).map(([id, track]) => [id, track.name, track.there?.id]);

it("takes no track for an object because of its number", () => {
  expect(chosen(object(1, "Object 1"))).toEqual([[1, "Object 1 1", undefined]]);
  expect(chosen(object(1, "Object 1"), object(2, "Object 2"))).toEqual([
    [1, "Object 1 1", undefined],
    [2, "Object 2", undefined],
  ]);
});

it("goes on with the track that an object was kept as, whatever both are called now", () => {
  expect(chosen(object(1, "Object 1", { keptAs: 1n }))).toEqual([[1, "Object 1", 1n]]);
  expect(chosen(object(4, "cup", { isNamed: true, keptAs: 2n }))).toEqual([[4, "ball", 2n]]);
  // In another sequence, or of a track that is gone, that says nothing.
  expect([...tracksOf([object(1, "x", { keptAs: 1n })], 8n, there)]).toEqual([[1, { name: "x" }]]);
  expect(chosen(object(1, "x", { keptAs: 9n }))).toEqual([[1, "x", undefined]]);
});

it("goes on with the one whose name a person has given, unless that is another object's", () => {
  expect(chosen(object(1, "ball", { isNamed: true }))).toEqual([[1, "ball", 2n]]);
  const [named, kept] = [object(1, "ball", { isNamed: true }), object(2, "cup", { keptAs: 2n })];
  expect(chosen(named, kept)).toEqual([
    [1, "ball 1", undefined],
    [2, "ball", 2n],
  ]);
});
