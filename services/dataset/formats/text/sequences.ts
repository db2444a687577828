import { extname } from "node:path/posix";
import type { ExportPicture, ExportSequence, ExportSet, FilledPicture } from "../types.js";
import { DistinctPaths } from "./distinct-paths.js";
import type { Notes } from "./notes.js";

/** Folders that are called after sequences, each its own. */
export function sequenceFolders(): (sequence: ExportSequence) => string {
  const paths = new DistinctPaths();
  return ({ name }) => paths.of(name.replace(/[^\p{L}\p{N}._ -]/gu, "-").replace(/^[. ]+|[. ]+$/g, "") || "video", "");
}

/** A frame's file, called by its place: `00007.jpg`. */
export const numberedFrame = (at: number, { name }: ExportPicture, digits: number) =>
  `${String(at).padStart(digits, "0")}${extname(name).toLowerCase() || ".jpg"}`;

/** Of formats that know videos alone: how many of the set's objects are of none. */
export async function noteLoose(set: ExportSet, split: string, notes: Notes): Promise<void> {
  for await (const { frame } of set.pictures(split)) {
    if (!frame) notes.add("Pictures that are of no sequence are left out", "picture");
  }
}

/** Those of a frame's objects that are of a track. */
export function trackedIn({ objects }: FilledPicture, notes: Notes) {
  const tracked = objects.filter(({ track }) => track !== undefined);
  const loose = objects.length - tracked.length;
  if (loose > 0) notes.add("Objects that are of no track are left out", "object", loose);
  return tracked;
}
