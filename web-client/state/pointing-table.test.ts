import { describe, expect, it } from "vitest";
import type { ClientEvent, Effect } from "./event.js";
import { promptsInSight } from "./pointed.js";
import { noPointing } from "./pointing.js";
import { reduce } from "./reduce.js";
import type { State } from "./state.js";
import {
  answer,
  begin,
  everythingDone,
  found,
  large,
  loaded,
  point,
  run,
  shown,
  small,
  welcome,
} from "./testing/fixtures.js";

/* The picture of 40 x 20 pixels has room for itself: a place on the canvas is a pixel of the picture. */
const room: ClientEvent = { kind: "room-resized", width: 40, height: 20 };
const atMs = 2_500;
const spot = (x: number, y: number) => ({ x, y, radius: 2 });
const down = (x: number, y: number): ClientEvent => ({
  kind: "pointer-down",
  place: spot(x, y),
  isSecondary: false,
  reach: 3,
  atMs,
});
const moved = (x: number, y: number): ClientEvent => ({
  kind: "pointer-moved",
  place: spot(x, y),
  way: [spot(x, y)],
  isTouch: false,
  reach: 3,
});
const up: ClientEvent = { kind: "pointer-up", atMs };
const tool = (name: State["tools"]["tool"]): ClientEvent => ({ kind: "tool-chosen", tool: name });
const step: ClientEvent = { kind: "cursor-moved", way: { x: 1, y: 0 }, isFine: false };
const use: ClientEvent = { kind: "cursor-used", isSecondary: false, atMs };
const next: ClientEvent = { kind: "point-picked", by: 1, atMs };
const corners = [down(5, 2), up, down(30, 2), up, down(30, 18), up];

const clear = [room, ...shown.ready];
/** With an answered point at 3, 4. */
const clicked = [...clear, point(), answer(1)];
const boxed = [...clear, { kind: "box", x0: 5, y0: 5, x1: 20, y1: 15, atMs } as const, answer(1)];

const states = {
  empty: run([room, welcome()])[0],
  clear: run(clear)[0],
  clicked: run(clicked)[0],
  picked: run([...clicked, next])[0],
  pressed: run([...clicked, down(20, 10)])[0],
  "pressed on the point": run([...clicked, down(3, 4)])[0],
  dragging: run([...clear, down(20, 5), moved(30, 15)])[0],
  "pulling the point": run([...clicked, down(3, 4), moved(12, 12)])[0],
  "pulling a side": run([...boxed, down(20, 10), moved(30, 10)])[0],
  painting: run([...clear, tool("brush"), down(10, 10), moved(20, 10)])[0],
  lassoing: run([...clear, tool("lasso"), down(5, 2), moved(30, 2), moved(30, 18)])[0],
  cornering: run([...clear, tool("lasso"), ...corners])[0],
  spent: run([...clear, down(20, 10), { kind: "pointer-held", atMs }, answer(1)])[0],
  "under the cursor": run([...clear, step])[0],
  "one corner": run([...clear, tool("box"), step, use, step, { ...step, way: { x: 0, y: 1 } }])[0],
  carrying: run([...clicked, next, step])[0],
  masks: run([...clear, begin, found(large), found(small), everythingDone])[0],
} satisfies Record<string, State>;

const events = {
  "pointer-down": down(25, 12),
  "pointer-down again, soon": down(3, 4),
  "pointer-moved": moved(36, 4),
  "pointer-up": up,
  "pointer-held": { kind: "pointer-held", atMs },
  "pointer-cancelled": { kind: "pointer-cancelled" },
  "pointer-left": { kind: "pointer-left" },
  "pointing-given-up": { kind: "pointing-given-up" },
  "cursor-moved": step,
  "cursor-used": use,
  "cursor-left-out": { kind: "cursor-left-out", atMs },
  "cursor-hidden": { kind: "cursor-hidden", atMs },
  "point-picked": next,
  "picked-removed": { kind: "picked-removed", atMs },
  "carried-dropped": { kind: "carried-dropped", atMs },
  "tool-chosen": tool("brush"),
  escape: { kind: "escape" },
  undo: { kind: "undo" },
} satisfies Record<string, ClientEvent>;

const isThere = (name: string, before: unknown, after: unknown) =>
  before === after ? [] : [after === undefined ? `no ${name}` : name];

/** What became of a state: the gesture, what is picked and the like; the prompts; what is asked. */
function outcome(before: State, event: ClientEvent): string {
  const [after, effects] = reduce(before, event);
  const [was, is] = [before.pointing, after.pointing];
  const [old, prompts] = [promptsInSight(before), promptsInSight(after)];
  const more = prompts.points.length - old.points.length;
  return [
    was.gesture.kind === is.gesture.kind ? [] : [is.gesture.kind],
    isThere("cursor", was.cursor, is.cursor),
    isThere("corner", was.corner, is.corner),
    isThere("picked", was.picked, is.picked),
    isThere("carried", was.carried, is.carried),
    more === 0 ? [] : [more > 0 ? `+${more}` : String(more)],
    more === 0 && JSON.stringify(old.points) !== JSON.stringify(prompts.points) ? ["moved"] : [],
    JSON.stringify(old.box) === JSON.stringify(prompts.box) ? [] : ["box"],
    prompts.marks === undefined || prompts.marks === old.marks ? [] : ["marks"],
    effects.flatMap(asked),
  ]
    .flat()
    .join(", ");
}

function asked(effect: Effect): string[] {
  return effect.kind === "segment" ? [effect.preview ? "preview?" : "asked"] : [];
}

/** For each event: what it leads to, and in which states. A lone dot: nothing of the kind. */
const table: Readonly<Record<keyof typeof events, Readonly<Record<string, string>>>> = {
  "pointer-down": {
    pressed: "empty, spent, masks",
    "pressed, preview?": "clear, clicked, picked, dragging, pulling the point, pulling a side",
    "preview?": "pressed, pressed on the point",
    ".": "painting, lassoing",
    lassoing: "cornering",
    "pressed, no cursor, preview?": "under the cursor",
    "pressed, no cursor, no corner": "one corner",
    "pressed, no carried, moved, asked": "carrying",
  },
  "pointer-down again, soon": {
    pressed: "empty, clicked, picked, pulling the point, pulling a side, spent, masks",
    "pressed, preview?": "clear, dragging",
    ".": "pressed, pressed on the point, painting, lassoing",
    lassoing: "cornering",
    "pressed, no cursor, preview?": "under the cursor",
    "pressed, no cursor, no corner": "one corner",
    "pressed, no carried, moved, asked": "carrying",
  },
  "pointer-moved": {
    ".": "empty, clear, clicked, picked, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, carrying, masks",
    dragging: "pressed",
    pulling: "pressed on the point",
  },
  "pointer-up": {
    ".": "empty, clear, clicked, picked, cornering, under the cursor, one corner, carrying, masks",
    "idle, +1, asked": "pressed",
    "idle, picked": "pressed on the point",
    "idle, box, asked": "dragging, pulling a side",
    "idle, picked, moved, asked": "pulling the point",
    "idle, marks, asked": "painting",
    "idle, box, marks, asked": "lassoing",
    idle: "spent",
  },
  "pointer-held": {
    ".": "empty, clear, clicked, picked, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, carrying, masks",
    "spent, +1, asked": "pressed",
    "spent, -1": "pressed on the point",
  },
  "pointer-cancelled": {
    ".": "empty, clear, clicked, picked, under the cursor, one corner, carrying, masks",
    idle: "pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent",
  },
  "pointer-left": {
    ".": "empty, clear, clicked, picked, pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, carrying, masks",
  },
  "pointing-given-up": {
    ".": "empty, clear, clicked, spent, under the cursor, one corner, masks",
    "no picked": "picked",
    spent: "pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing",
    idle: "cornering",
    "no picked, no carried": "carrying",
  },
  "cursor-moved": {
    ".": "empty",
    cursor:
      "clear, clicked, pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, masks",
    carried: "picked, carrying",
  },
  "cursor-used": {
    ".": "empty",
    "+1, asked": "clear, dragging, spent, under the cursor",
    "-1": "clicked, pressed, pressed on the point, pulling the point",
    "no picked, -1": "picked",
    box: "pulling a side",
    "idle, marks, asked": "painting",
    cornering: "lassoing",
    "idle, box, marks, asked": "cornering",
    "no corner, box, asked": "one corner",
    "no picked, no carried, -1": "carrying",
    "+1": "masks",
  },
  "cursor-left-out": {
    ".": "empty, cornering, one corner",
    "+1, asked":
      "clear, clicked, picked, pressed, pressed on the point, dragging, pulling the point, pulling a side, spent, under the cursor, carrying",
    idle: "painting",
    cornering: "lassoing",
    "+1": "masks",
  },
  "cursor-hidden": {
    ".": "empty, clear, clicked, picked, pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, masks",
    "no cursor": "under the cursor",
    "no cursor, no corner": "one corner",
    "no carried, moved, asked": "carrying",
  },
  "point-picked": {
    ".": "empty, clear, picked, dragging, pulling a side, painting, lassoing, cornering, under the cursor, one corner, masks",
    picked: "clicked, pressed, pressed on the point, pulling the point, spent",
    "no carried, moved, asked": "carrying",
  },
  "picked-removed": {
    ".": "empty, clear, clicked, pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, masks",
    "no picked, -1": "picked",
    "no picked, no carried, -1": "carrying",
  },
  "carried-dropped": {
    ".": "empty, clear, clicked, picked, pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing, cornering, spent, under the cursor, one corner, masks",
    "no carried, moved, asked": "carrying",
  },
  "tool-chosen": {
    ".": "empty, clear, clicked, spent, under the cursor, one corner, masks",
    "no picked": "picked",
    spent: "pressed, pressed on the point, dragging, pulling the point, pulling a side, painting, lassoing",
    idle: "cornering",
    "no picked, no carried": "carrying",
  },
  escape: {
    ".": "empty, clear, under the cursor, one corner, masks",
    "-1": "clicked, spent",
    "no picked": "picked",
    "spent, -1": "pressed, pressed on the point",
    spent: "dragging, pulling the point, pulling a side, painting, lassoing",
    idle: "cornering",
    "no picked, no carried": "carrying",
  },
  undo: {
    ".": "empty, clear, dragging, painting, lassoing, cornering, under the cursor, one corner, masks",
    "-1": "clicked, pressed, pressed on the point, pulling the point, spent",
    "no picked, -1": "picked",
    box: "pulling a side",
    "no picked, no carried, -1": "carrying",
  },
};

describe("pointing", () => {
  for (const [name, row] of Object.entries(table)) {
    it(`${name} in every state`, () => {
      const event = events[name as keyof typeof events];
      const outcomes = Object.entries(states).map(([state, before]) => [state, outcome(before, event) || "."]);
      const expected = Object.entries(row).flatMap(([result, list]) => list.split(", ").map((one) => [one, result]));
      expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
    });
  }

  it("begins anew with another picture, all of which is seen", () => {
    for (const before of Object.values(states)) {
      const [after] = run(
        [
          { kind: "picture-chosen", token: 2, name: "dog.jpg" },
          { ...loaded(), token: 2 },
        ],
        before,
      );
      expect(after.pointing).toEqual({ ...noPointing, place: before.pointing.place });
      expect(after.viewport).toEqual({ width: 40, height: 20, scale: 1, left: 0, top: 0 });
    }
  });
});
