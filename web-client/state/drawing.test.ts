import { describe, expect, it } from "vitest";
import { Drawing } from "./drawing.js";
import { pictureParts } from "./picture-parts.js";
import { initialState, type State } from "./state.js";
import { point, run, shown } from "./testing/fixtures.js";

const ready = run(shown.ready)[0];

function drawn(parts: (state: State) => readonly unknown[], states: readonly State[]): number {
  let count = 0;
  const drawing = new Drawing({ parts, render: () => void count++ });
  for (const state of states) drawing.drawIfStale(state, 0);
  return count;
}

describe("a view", () => {
  it.each([
    ["once while its parts are the same", [ready, { ...ready, notice: "Hm." }], 1],
    ["again when one of them is another", [ready, run([point()], ready)[0]], 2],
    ["again when there are fewer", [ready, initialState], 2],
  ] as const)("is drawn %s", (_, states, count) => {
    expect(drawn(({ picture }) => (picture.kind === "empty" ? [] : [picture.kind, picture.edit.present]), states)).toBe(
      count,
    );
  });

  it("of a picture is not drawn for a pointer that passes over it", () => {
    const passing = run(
      [
        { kind: "hover", x: 3, y: 3, atMs: 3_000 },
        { kind: "pointer-moved", place: { x: 1, y: 1, radius: 1 }, way: [], isTouch: false, reach: 3 },
      ],
      ready,
    )[0];
    expect(passing).not.toBe(ready);
    expect(drawn(({ picture }) => pictureParts(picture), [ready, passing])).toBe(1);
    expect(drawn(({ picture }) => pictureParts(picture), [ready, run([point()], ready)[0]])).toBe(2);
  });
});
