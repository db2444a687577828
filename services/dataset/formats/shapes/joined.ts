import { combineMasks } from "../../../../proto/index.js";
import type { Mask } from "../types.js";
import { maskOf, runsOfMask } from "./shapes.js";

/** Masks of one size as one. */
export function joined(masks: readonly Mask[]): Mask {
  const [first, ...others] = masks;
  if (first === undefined) throw new Error("no masks to join");
  if (others.length === 0) return first;
  return maskOf(others.reduce((all, mask) => combineMasks(all, runsOfMask(mask), "union"), runsOfMask(first)));
}
