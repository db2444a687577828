import { isExactly } from "../../../../proto/index.js";
import { Turns } from "../../../runtime/turns.js";
import { stemOf } from "../pictures/plain-name.js";
import { bridged } from "../shapes/bridged.js";
import { partsOf } from "../shapes/mask-rings.js";
import { runsOfMask } from "../shapes/shapes.js";
import { DistinctPaths } from "../text/distinct-paths.js";
import { Notes } from "../text/notes.js";
import { labelsOf, splitNames, unnamed } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportSet, FilledPicture, Sink } from "../types.js";

/** Of pictures without a split: trainers know no others. */
const usual = "train";

/** `data.yaml`, `labels/SPLIT/NAME.txt` and `images/SPLIT/NAME`. */
export async function writeYolo(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const stems = new DistinctPaths();
  const labels = labelsOf(set).map(({ name }) => name);
  const numbers = new Map(labels.map((name, at) => [name, at]));
  const splitName = splitNames(set.splits);
  const folderOf = (split: string) => (split === "" ? usual : splitName(split));
  await sink.write("data.yaml", textBytes([dataYaml([...new Set(set.splits.map(folderOf))], labels)]));
  for (const split of set.splits) {
    const folder = folderOf(split);
    for await (const filled of set.filled(split)) {
      const { name, open } = filled.picture;
      if (split === "") notes.add("Pictures without a split are in train", "picture");
      // Labels have the stem of their picture, which another one may have too.
      const stem = stems.of(`${folder}/${stemOf(name)}`, "");
      await sink.write(`labels/${stem}.txt`, textBytes(lines(filled, numbers, notes)));
      if (open) await sink.write(`images/${stem}${name.slice(stemOf(name).length)}`, open());
    }
  }
  if (!set.splits.includes("val")) return [...notes.sentences(), "There is no split val, which trainers ask for."];
  return notes.sentences();
}

function dataYaml(folders: readonly string[], labels: readonly string[]): string {
  return [
    "path: .",
    ...folders.map((folder) => `${JSON.stringify(folder)}: ${JSON.stringify(`images/${folder}`)}`),
    `nc: ${labels.length}`,
    "names:",
    ...labels.map((name, at) => `  ${at}: ${JSON.stringify(name)}`),
    "",
  ].join("\n");
}

async function* lines(
  { picture, objects }: FilledPicture,
  numbers: ReadonlyMap<string, number>,
  notes: Notes,
): AsyncGenerator<string> {
  const across = sharesOf(picture.width);
  const down = sharesOf(picture.height);
  const turns = new Turns();
  for (const object of objects) {
    await turns.next();
    const ring = ringOf(object, notes);
    if (!ring) continue;
    const shares = ring.map((at, i) => (i % 2 === 0 ? across(at) : down(at)));
    yield `${numbers.get(object.label ?? unnamed)} ${shares.join(" ")}\n`;
  }
}

/** Undefined: it is left out, as the notes say. */
function ringOf({ rle }: ExportObject, notes: Notes): number[] | undefined {
  const mask = runsOfMask(rle);
  const parts = partsOf(mask);
  if (!parts) {
    notes.add("Objects of very many parts and holes are left out, since one ring cannot say them", "object");
    return undefined;
  }
  const holes = parts.some((part) => part.holes.length > 0);
  if (holes) notes.add("Objects with holes are cut open by a bridge of no width to each hole", "object");
  if (parts.length > 1) notes.add("Objects of several parts are joined by bridges of no width", "object");
  const ring = bridged(parts.flatMap((part) => [part.outer, ...part.holes]));
  if (!isExactly([ring], mask)) notes.add("Objects whose ring has not quite their pixels", "object");
  return ring;
}

/** Enough digits to find a pixel's corner again in the largest picture; corners are on few lines, so each is written once. */
function sharesOf(side: number): (at: number) => string {
  const known: string[] = [];
  return (at) => (known[at] ??= String(Math.round((at / side) * 1e8) / 1e8));
}
