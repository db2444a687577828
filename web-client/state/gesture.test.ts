import { describe, expect, it } from "vitest";
import type { Spot, TrailSpot } from "../geometry/spot.js";
import { close, type Gesture, type GestureStep, hold, idle, move, type Press, press, release } from "./gesture.js";

const at = (x: number, y: number, radius = 10): TrailSpot => ({ x, y, radius });
const click: Press = { tool: "click", label: 1, secondary: false, grip: undefined };
/** A press, the way of the pointer, and the release. */
function pull(how: Partial<Press>, [first, ...way]: readonly TrailSpot[], before: Gesture = idle): GestureStep {
  const pressed = press(before, first!, { ...click, ...how });
  return release(way.reduce(move, pressed));
}
const outcome = (how: Partial<Press>, way: readonly TrailSpot[]) => pull(how, way)[1];

describe("a click", () => {
  it("is a press and a release, trembling included", () => {
    expect(pull({}, [at(10, 20), at(12, 23)])).toEqual([idle, { kind: "point", x: 10, y: 20, label: 1 }]);
  });

  it("leaves out with the secondary button, and with the switch", () => {
    expect(outcome({ secondary: true }, [at(1, 2)])).toEqual({ kind: "point", x: 1, y: 2, label: 0 });
    expect(outcome({ label: 0 }, [at(1, 2)])).toEqual({ kind: "point", x: 1, y: 2, label: 0 });
  });

  it("draws a box when it is dragged, and drops one that is a line", () => {
    expect(outcome({}, [at(10, 10), at(20, 20), at(5, 60)])).toEqual({ kind: "box", x0: 10, y0: 10, x1: 5, y1: 60 });
    expect(pull({}, [at(0, 0), at(80, 1)])).toEqual([idle, undefined]);
    expect(outcome({ secondary: true }, [at(0, 0), at(50, 50)])).toMatchObject({ kind: "point", label: 0 });
  });

  it("of a resting finger means the opposite of a tap, once", () => {
    const [gesture, held] = hold(press(idle, at(3, 4), click));
    expect(held).toEqual({ kind: "point", x: 3, y: 4, label: 0 });
    expect(release(move(gesture, at(90, 90)))).toEqual([idle, undefined]);
  });

  it("has nothing to say about a release without a press", () => {
    expect(release(idle)).toEqual([idle, undefined]);
    expect(hold(idle)).toEqual([idle, undefined]);
    expect(move(idle, at(1, 1))).toEqual(idle);
  });
});

describe("what is taken hold of", () => {
  const point = { kind: "point", index: 2 } as const;
  const edge = { kind: "box", x: "x1", y: undefined } as const;

  it("is picked by a click and pulled by a drag", () => {
    expect(outcome({ grip: point }, [at(5, 5), at(6, 6)])).toEqual({ kind: "picked", grip: point });
    expect(outcome({ grip: point }, [at(5, 5), at(40, 9)])).toEqual({ kind: "pulled", grip: point, x: 40, y: 9 });
    expect(outcome({ grip: edge }, [at(5, 5), at(40, 9)])).toEqual({ kind: "pulled", grip: edge, x: 40, y: 9 });
  });

  it("goes when its cross is clicked or a finger rests on it", () => {
    expect(outcome({ grip: { kind: "remove", index: 1 } }, [at(5, 5), at(30, 5)])).toEqual({
      kind: "removed",
      index: 1,
    });
    expect(hold(press(idle, at(5, 5), { ...click, grip: point }))[1]).toEqual({ kind: "removed", index: 2 });
  });

  it("of a box's edge is a click as anywhere while it is not pulled", () => {
    expect(outcome({ grip: edge }, [at(5, 5)])).toEqual({ kind: "point", x: 5, y: 5, label: 1 });
  });

  it("is left to lie by the secondary button", () => {
    expect(outcome({ grip: point, secondary: true }, [at(5, 5)])).toEqual({ kind: "point", x: 5, y: 5, label: 0 });
  });
});

describe("the tool for boxes", () => {
  it("draws them from anywhere and sets no points", () => {
    const grip = { kind: "point", index: 0 } as const;
    expect(outcome({ tool: "box", grip }, [at(0, 0), at(50, 40)])).toMatchObject({ kind: "box", x1: 50, y1: 40 });
    expect(outcome({ tool: "box" }, [at(3, 3)])).toBeUndefined();
    expect(hold(press(idle, at(3, 3), { ...click, tool: "box" }))[1]).toBeUndefined();
  });
});

describe("the brush", () => {
  it("keeps its way and its width, and takes away with the secondary button or the switch", () => {
    const way = [at(0, 0, 5), at(10, 0, 6), at(10.5, 0, 9), at(20, 0, 7)];
    const trail = [way[0], way[1], way[3]];
    expect(outcome({ tool: "brush" }, way)).toEqual({ kind: "stroke", erase: false, trail });
    expect(outcome({ tool: "brush", secondary: true }, way)).toMatchObject({ erase: true });
    expect(outcome({ tool: "brush", label: 0 }, way)).toMatchObject({ erase: true });
  });

  it("makes a dab of a click", () => {
    expect(outcome({ tool: "brush" }, [at(4, 5)])).toEqual({ kind: "stroke", erase: false, trail: [at(4, 5)] });
  });
});

describe("the lasso", () => {
  const corners = (...places: readonly Spot[]): GestureStep =>
    places.reduce<GestureStep>(([before], { x, y }) => pull({ tool: "lasso" }, [at(x, y)], before), [idle, undefined]);
  const [a, b, c] = [
    { x: 0, y: 0 },
    { x: 60, y: 0 },
    { x: 60, y: 60 },
  ];

  it("closes by itself when it is drawn in one go", () => {
    const drawn = outcome({ tool: "lasso" }, [at(0, 0), at(30, 0), at(30, 30)]);
    expect(drawn).toEqual({
      kind: "lasso",
      erase: false,
      corners: [
        { x: 0, y: 0 },
        { x: 30, y: 0 },
        { x: 30, y: 30 },
      ],
    });
  });

  it("is set corner by corner, and closes on its first one or where one is set twice", () => {
    expect(corners(a, b, c)[0]).toEqual({ kind: "cornering", erase: false, corners: [a, b, c], to: c });
    const closed = { kind: "lasso", erase: false, corners: [a, b, c] };
    expect(corners(a, b, c, { x: 5, y: 4 })).toEqual([idle, closed]);
    expect(corners(a, b, c, c)).toEqual([idle, closed]);
    expect(close(corners(a, b, c)[0])).toEqual([idle, closed]);
  });

  it("does not close before it has an inside", () => {
    expect(corners(a, b, a)[1]).toBeUndefined();
    expect(close(corners(a, b)[0])[1]).toBeUndefined();
  });

  it("shows the way to the pointer between two corners", () => {
    expect(move(corners(a, b)[0], at(7, 8))).toMatchObject({ kind: "cornering", to: { x: 7, y: 8 } });
  });
});
