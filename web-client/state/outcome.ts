import { create } from "@bufbuild/protobuf";
import { encodeRle, type MaskRuns, RleSchema, rleArea } from "../../proto/index.js";
import { coverPolygon, coverStroke } from "../geometry/cover.js";
import type { Size, Spot } from "../geometry/spot.js";
import { boxAt, pixelAt, type Viewport } from "../geometry/viewport.js";
import type { Outcome } from "./gesture.js";
import { carried } from "./grip.js";
import { type Come, pick, withPointing } from "./pick.js";
import { pictureSize, promptsInSight, pulledTo } from "./pointed.js";
import type { State } from "./state.js";

const twiceMs = 400;

/** What comes of a gesture: in pixels of the picture from here on. */
export function comes(before: State, outcome: Outcome | undefined, atMs: number): Come {
  const size = pictureSize(before);
  if (outcome === undefined || size === undefined) return [before, []];
  const { lastPick } = before.pointing;
  const state = lastPick === undefined ? before : withPointing(before, { lastPick: undefined });
  const { viewport } = state;
  switch (outcome.kind) {
    case "point":
      return [state, [{ kind: "point", ...pixelAt(viewport, size, outcome), label: outcome.label, atMs }]];
    case "box":
      return [state, [{ kind: "box", ...boxAt(viewport, size, outcome), atMs }]];
    case "picked": {
      if (outcome.grip.kind !== "point") return [state, []];
      const { index } = outcome.grip;
      // The same point picked twice is to go.
      if (lastPick?.index === index && atMs - lastPick.atMs < twiceMs) return removed(state, index, atMs);
      return [withPointing(pick(state, index), { lastPick: { index, atMs } }), []];
    }
    case "removed":
      return removed(state, outcome.index, atMs);
    case "pulled":
      return pulled(state, size, outcome, atMs);
    case "stroke": {
      const trail = outcome.trail.map((spot) => ({
        ...onPicture(viewport, spot),
        radius: spot.radius / viewport.scale,
      }));
      return painted(state, "brush", coverStroke(trail, size), outcome.erase, atMs);
    }
    case "lasso": {
      const corners = outcome.corners.map((spot) => onPicture(viewport, spot));
      return painted(state, "lasso", coverPolygon(corners, size), outcome.erase, atMs);
    }
  }
}

export function removed(state: State, index: number, atMs: number): Come {
  return [pick(state, undefined), [{ kind: "point-removed", index, atMs }]];
}

function pulled(state: State, size: Size, { grip, x, y }: Extract<Outcome, { kind: "pulled" }>, atMs: number): Come {
  const pixel = pulledTo(state, size, { kind: "pulling", grip, x, y });
  if (grip.kind === "point") {
    return [pick(state, grip.index), [{ kind: "point-moved", index: grip.index, ...pixel, atMs }]];
  }
  const { box } = carried(promptsInSight(state), grip, pixel);
  return box !== undefined && box.x0 < box.x1 && box.y0 < box.y1
    ? [state, [{ kind: "box", ...box, atMs }]]
    : [state, []];
}

function painted(state: State, tool: "brush" | "lasso", covered: MaskRuns, erase: boolean, atMs: number): Come {
  if (rleArea(covered) === 0) return [state, []];
  const rle = create(RleSchema, encodeRle(covered));
  return [pick(state, undefined), [{ kind: "painted", tool, rle, operation: erase ? "difference" : "union", atMs }]];
}

/** Between pixels, for shapes. */
function onPicture({ scale, left, top }: Viewport, { x, y }: Spot): Spot {
  return { x: (x + left) / scale, y: (y + top) / scale };
}
