import { describe, expect, it } from "vitest";
import type { ClientEvent } from "./event.js";
import { answer, loaded, point, run, shown } from "./testing/fixtures.js";

const keep: ClientEvent = { kind: "object-kept" };
const three = [1, 2, 3].flatMap((sequence) => [point(sequence), answer(sequence), keep]);
const select = (id: number): ClientEvent => ({ kind: "object-selected", id });

describe("the selected objects", () => {
  it.each<[string, readonly ClientEvent[], readonly number[]]>([
    ["are none first", [], []],
    ["are in the order of being chosen", [select(3), select(1)], [3, 1]],
    ["are two at most, the latest", [select(3), select(1), select(2)], [1, 2]],
    ["are not those chosen twice", [select(3), select(1), select(3)], [1]],
    ["are not those that are removed", [select(3), select(1), { kind: "object-removed", id: 3 }], [1]],
    ["are not those that are undone", [select(3), select(1), { kind: "undo" }], [1]],
    ["are none that are not there", [select(9)], []],
    [
      "are none on another picture",
      [select(1), { kind: "picture-chosen", token: 2, name: "dog.jpg" }, { ...loaded(), token: 2 }],
      [],
    ],
    ["are none without a picture", [select(1), { kind: "picture-removed", token: 1 }], []],
  ])("%s", (_, events, selection) => {
    expect(run([...shown.ready, ...three, ...events])[0].selection).toEqual(selection);
  });
});
