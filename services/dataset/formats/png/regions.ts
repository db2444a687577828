import { RunsBuilder } from "../../../../proto/index.js";
import { Unreadable } from "../parse/unreadable.js";
import type { PngValues } from "./decode-png.js";
import { turned } from "./turned.js";

const mostRegions = 10_000;

/** The pixels, down the columns, of each value but the background's, the lowest value first. */
export function regionsOf({ values, width, height, kind }: PngValues): [value: number, region: RunsBuilder][] {
  const regions = new Map<number, RunsBuilder>();
  const columns = turned(values, width, height);
  for (let at = 0; at < columns.length; ) {
    const value = columns[at]!;
    const start = at;
    while (at < columns.length && columns[at] === value) at++;
    if (value === 0) continue;
    const region = regions.get(value) ?? new RunsBuilder(64);
    region.add(start, at);
    regions.set(value, region);
    if (regions.size > mostRegions)
      throw new Unreadable(`The PNG has more than ${mostRegions} ${kind}s: it is a picture.`);
  }
  return [...regions].sort(([a], [b]) => a - b);
}
