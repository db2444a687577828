import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { usageError } from "../command-error.js";
import { frameName } from "./input/frame-list.js";
import { isOneFile, type Layout } from "./outputs/layout-names.js";

interface Places {
  readonly layout: Layout;
  readonly out: string;
  /** The list of prompts. */
  readonly objects?: string | undefined;
  readonly keepFrames?: string | undefined;
}

/** Those that write into a folder of that one's. */
const inner: Readonly<Partial<Record<Layout, string>>> = { nerfstudio: "masks", mots: "instances" };

/**
 * What is written may take the place of nothing that is read, by whatever name: masks are called as their frames are.
 * @throws CommandError (bad usage)
 */
export async function checkPlaces(input: string, { layout, out, objects, keepFrames }: Places): Promise<void> {
  const [from, kept, list] = await Promise.all([input, keepFrames, objects].map(placeOf));
  const refuse = (what: string) =>
    usageError(`--out ${out} would write over ${what}: name another ${isOneFile(layout) ? "file" : "folder"}.`);
  const written = [out, join(out, inner[layout] ?? "")];
  for (const place of await Promise.all(written.map(placeOf))) {
    if (place === from) throw refuse("the video");
    if (place === kept) throw refuse("--keep-frames");
    if (place === list) throw refuse("--objects");
  }
  if (!isOneFile(layout) || !frameName.test(out)) return;
  const around = await placeOf(dirname(resolve(out)));
  if (around === from) throw refuse("a frame of the video");
  if (around === kept) throw refuse("a frame of --keep-frames");
}

/** One text for one file or folder, whichever links and names lead to it; what is not there yet is of the folder that is. */
async function placeOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const full = resolve(path);
  const found = await stat(full, { bigint: true }).catch(() => undefined);
  if (found) return `${found.dev}:${found.ino}`;
  const folder = dirname(full);
  return folder === full ? full : `${await placeOf(folder)}/${basename(full)}`;
}
