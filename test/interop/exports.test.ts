import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../proto/index.js";
import { FolderSink } from "../../services/dataset/archive/folder-sink.js";
import { writeAnnotations } from "../../services/dataset/formats/formats.js";
import { objectFrom, setOf } from "../../services/dataset/formats/testing/example-set.js";
import type { CocoForm } from "../../services/dataset/formats/types.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { findNumpyPython } from "../support/programs.js";

const python = findNumpyPython();
const run = promisify(execFile);

const [width, height] = [61, 37];
const rowsOf = (isIn: (x: number, y: number) => boolean) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => (isIn(x, y) ? "#" : ".")).join(""));
const far = (x: number, y: number, toX: number, toY: number) => Math.hypot(x - toX, y - toY);

/** None over another, since a palette has one label a pixel. */
const shapes = {
  "a ring with two holes": rowsOf((x, y) => far(x, y, 12, 12) < 11 && far(x, y, 9, 12) > 2 && far(x, y, 16, 13) > 3),
  "two parts, one within the other's hole": rowsOf(
    (x, y) => (far(x, y, 45, 15) < 14 && far(x, y, 45, 15) > 8) || far(x, y, 45, 15) < 4,
  ),
  "corners that touch, at the picture's edge": rowsOf((x, y) => y > 31 && (x + y) % 2 === 0),
};
const rows = Object.values(shapes);
const labels = ["cat", 'dog & "co" <1>', "鸟"].map((name) => ({ name, colour: "#ff8000" }));

const file = await sharp({ create: { width, height, channels: 3, background: "#456" } })
  .png()
  .toBuffer();
const pictures = [
  { name: "a.png", split: "train", shown: [0, 1, 2] },
  { name: "deep/b.png", split: "val", shown: [1] },
].map(({ shown, ...picture }, at) => ({
  ...picture,
  objects: shown.map((shape) => objectFrom(10 * at + shape + 1, rows[shape]!, { label: labels[shape]!.name })),
  shown,
  open: async function* () {
    yield file;
  },
}));

/** What Python should say of each mask. */
const expected = pictures.flatMap(({ name, split, shown }) =>
  shown.map((shape) => {
    const pixels = Uint8Array.from(rows[shape]!.join(""), (sign) => (sign === "#" ? 1 : 0));
    return {
      picture: name,
      label: labels[shape]!.name,
      split,
      pixels: createHash("sha256").update(pixels).digest("hex"),
    };
  }),
);

type Said = { picture: string; label: string | null; size: number[]; pixels: string; split?: string; kind?: string };
type Format = Parameters<typeof writeAnnotations>[0];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-exports-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(name: string, format: Format, coco?: CocoForm): Promise<[said: Said[], notes: string[]]> {
  const sink = new FolderSink(folder);
  const notes = await writeAnnotations(format, setOf(labels, pictures), sink, coco ? { coco } : {});
  const reader = join(projectRoot, "test", "interop", "read_export.py");
  const { stdout } = await run(python as string, [reader, name, folder], { env: { PYTHONUTF8: "1" } });
  const said = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
  return [said, notes];
}

const byPlace = (a: { picture: string; pixels: string }, b: { picture: string; pixels: string }) =>
  `${a.picture} ${a.pixels}` < `${b.picture} ${b.pixels}` ? -1 : 1;

describe.skipIf(!python)(
  "a reader in Python that knows the formats' rules and none of our code reads every mask from",
  () => {
    it.each<[string, string, Format, CocoForm?]>([
      ["COCO with run lengths", "coco", AnnotationFormat.COCO, "rle"],
      ["COCO with polygons", "coco", AnnotationFormat.COCO, "polygons"],
      ["COCO with lists of counts", "coco", AnnotationFormat.COCO, "counts"],
      ["SA-1B", "sa1b", AnnotationFormat.SA1B],
      ["LabelMe", "labelme", AnnotationFormat.LABELME],
      ["YOLO", "yolo", AnnotationFormat.YOLO],
      ["PNG", "png", AnnotationFormat.PNG],
      ["CVAT", "cvat", AnnotationFormat.CVAT],
      ["Label Studio", "label_studio", AnnotationFormat.LABEL_STUDIO],
      ["Datumaro", "datumaro", AnnotationFormat.DATUMARO],
    ])("%s", async (_name, name, format, coco) => {
      const [said] = await read(name, format, coco);
      expect(said.map(({ size }) => size)).toEqual(said.map(() => [height, width]));
      const withoutLabels = format === AnnotationFormat.SA1B;
      const hasSplits = said.every(({ split }) => split !== undefined);
      expect(said.toSorted(byPlace).map(({ size: _, kind: __, ...one }) => one)).toEqual(
        expected.toSorted(byPlace).map(({ split, ...one }) => ({
          ...one,
          ...(hasSplits && { split }),
          ...(withoutLabels && { label: null }),
        })),
      );
      if (coco) expect(new Set(said.map(({ kind }) => kind))).toEqual(new Set([coco]));
    });
  },
);
