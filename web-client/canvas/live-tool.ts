import type { TrailSpot } from "../geometry/spot.js";
import { toolInUse } from "../state/pointed.js";
import type { State } from "../state/state.js";
import type { Live } from "./tool-layer.js";

/** What the tool is about to do. */
export function liveTool(state: State): Live {
  const { gesture } = state.pointing;
  switch (gesture.kind) {
    case "painting":
      return { trail: gesture.trail, erase: gesture.erase, brush: brushOf(state) };
    case "lassoing":
      return { lasso: [...gesture.corners, ...gesture.trail], erase: gesture.erase };
    case "cornering": {
      const { corners, to, erase } = gesture;
      return { lasso: [...corners, to], erase, closable: corners.length > 2 };
    }
    case "idle": {
      const brush = brushOf(state);
      // A key may have changed its size since the pointer moved.
      return brush === undefined ? {} : { brush: { ...brush, radius: state.tools.brushSize / 2 } };
    }
    default:
      return {};
  }
}

function brushOf(state: State): TrailSpot | undefined {
  return toolInUse(state) === "brush" ? state.pointing.place : undefined;
}
