import { describe, expect, it } from "vitest";
import type { Viewport } from "../geometry/viewport.js";
import type { LookingEvent } from "./looking.js";
import { initialState } from "./state.js";
import { answer, point, run, shown } from "./testing/fixtures.js";

const room: LookingEvent = { kind: "room-resized", width: 80, height: 40 };
const nearer: LookingEvent = { kind: "zoomed", factor: 4 };
/** The picture of 40 x 20 pixels, twice as large. */
const whole: Viewport = { width: 80, height: 40, scale: 2, left: 0, top: 0 };

describe("what is seen of the picture", () => {
  it.each<[string, readonly LookingEvent[], Viewport]>([
    ["is all of it first", [], whole],
    ["is nearer about the middle", [nearer], { ...whole, scale: 8, left: 120, top: 60 }],
    ["is nearer about a place", [{ ...nearer, place: { x: 0, y: 0 } }], { ...whole, scale: 8 }],
    ["is never less than all", [{ kind: "zoomed", factor: 0.1 }], whole],
    ["is moved", [nearer, { kind: "panned", by: { x: 20, y: -10 } }], { ...whole, scale: 8, left: 100, top: 70 }],
    [
      "is moved to the edge and no farther",
      [nearer, { kind: "panned", by: { x: 900, y: 900 } }],
      { ...whole, scale: 8 },
    ],
    ["is all of it again", [nearer, { kind: "whole-shown" }], whole],
    // Where all of it is larger than one pixel on one it stays so.
    [
      "is as near as its pixels",
      [nearer, { kind: "actual-size-shown", density: 0.25 }],
      { ...whole, scale: 4, left: 40, top: 20 },
    ],
    ["is all of it in a smaller room", [{ ...room, width: 40 }], { width: 40, height: 20, scale: 1, left: 0, top: 0 }],
  ])("%s", (_, events, viewport) => {
    expect(run([room, ...shown.ready, ...events])[0].viewport).toEqual(viewport);
  });

  it("comes with the point that is picked and the cursor", () => {
    const far = [
      room,
      ...shown.ready,
      point(3),
      answer(1),
      nearer,
      { kind: "panned", by: { x: -900, y: -900 } } as const,
    ];
    const [picked] = run([...far, { kind: "point-picked", by: 1, atMs: 0 }]);
    expect(picked.viewport.left).toBeLessThan(3 * 8);
    const [moved] = run([...far, { kind: "cursor-moved", way: { x: -1, y: 0 }, isFine: false }]);
    expect(moved.viewport.left).toBeLessThan(run(far)[0].viewport.left);
  });

  it("is nothing without a picture", () => {
    for (const event of [nearer, { kind: "whole-shown" } as const, { kind: "panned", by: { x: 1, y: 1 } } as const]) {
      expect(run([event])[0]).toBe(initialState);
    }
  });

  it("stays the same state where nothing changes", () => {
    const [state] = run([room, ...shown.ready]);
    for (const event of [room, { kind: "pan-key", isHeld: false }, { kind: "dragging", isOn: false }] as const) {
      expect(run([event], state)[0]).toBe(state);
    }
  });
});
