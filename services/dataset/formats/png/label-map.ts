import { baseOf } from "../pictures/plain-name.js";
import { linesOf } from "../text/read-whole.js";
import type { Source } from "../types.js";

/** What the values in a source's masks mean. */
export interface LabelMap {
  /** By 0xrrggbb; "" is background. */
  readonly byColour: ReadonlyMap<number, string>;
  /** By index; none of what stands for nothing. */
  readonly byIndex: readonly (string | undefined)[];
}

/** Names of what is no label. */
const background = /^_*(background|ignore|unlabel+ed|void)_*$/i;

/** From `labelmap.txt`, as VOC's users and CVAT write it: name:r,g,b:parts:actions; or from a list of names, a line each. */
export async function readLabelMap(source: Source): Promise<LabelMap> {
  const byColour = new Map<number, string>();
  const byIndex: (string | undefined)[] = [];
  const named = (...names: string[]) =>
    source.files.find(({ path }) => names.includes(baseOf(path).toLowerCase()))?.path;
  const map = named("labelmap.txt");
  const path = map ?? named("labels.txt", "classes.txt", "class_names.txt");
  if (path === undefined) return { byColour, byIndex };
  for await (const [, text] of linesOf(source, path)) {
    const line = text.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [name = "", colour = ""] = map === undefined ? [line] : line.split(":");
    const isNothing = background.test(name);
    // LabelMe's own lists begin with what is ignored, which has no index.
    if (map === undefined && byIndex.length === 0 && name === "__ignore__") continue;
    byIndex.push(isNothing ? undefined : name);
    const [red, green, blue] = colour.split(",").map(Number);
    if (red !== undefined && green !== undefined && blue !== undefined) {
      byColour.set((red << 16) | (green << 8) | blue, isNothing ? "" : name);
    }
  }
  // A list of nothing but labels counts from 1: 0 is background.
  if (map === undefined && byIndex[0] !== undefined) byIndex.unshift(undefined);
  return { byColour, byIndex };
}
