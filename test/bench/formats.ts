import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnnotationFormat, bitmapToRle, encodeRle } from "../../proto/index.js";
import { FolderSink } from "../../services/dataset/archive/folder-sink.js";
import { openFolder } from "../../services/dataset/archive/folder-source.js";
import { readAnnotations, writeAnnotations } from "../../services/dataset/formats/formats.js";
import type { ExportOptions, ExportSet, FilledPicture, Mask } from "../../services/dataset/formats/types.js";
import { optionLines, readOptions } from "./options.js";
import { atLeast, atMost, type Outcome, round, type Suite } from "./report.js";

/*
 * How many objects each format's writer and reader take in a second of processor time, from masks to files in a folder and back, and
 * how much memory they add while they do.
 */

const options = {
  pictures: { value: 40, what: "pictures of 2250 x 1500" },
  objects: { value: 100, what: "objects in each, as SA-1B has" },
};
const [width, height] = [2250, 1500];
const leastPerSecond = 2000;
const mostMiB = 200;

type Format = Parameters<typeof writeAnnotations>[0];
const formats: [name: string, format: Format, options: ExportOptions][] = [
  ["COCO, run lengths", AnnotationFormat.COCO, { coco: "rle" }],
  ["COCO, polygons", AnnotationFormat.COCO, { coco: "polygons" }],
  ["COCO, counts", AnnotationFormat.COCO, { coco: "counts" }],
  ["SA-1B", AnnotationFormat.SA1B, {}],
  ["LabelMe", AnnotationFormat.LABELME, {}],
  ["YOLO", AnnotationFormat.YOLO, {}],
  ["CVAT", AnnotationFormat.CVAT, {}],
  ["Label Studio", AnnotationFormat.LABEL_STUDIO, {}],
  ["Datumaro", AnnotationFormat.DATUMARO, {}],
  // Its objects are a picture's labels.
  ["PNG", AnnotationFormat.PNG, {}],
];

export const suite: Suite = {
  title: "objects a second into and out of the formats of data sets",
  options: optionLines(options),
  async run(say, args): Promise<Outcome> {
    const { numbers } = readOptions(args, options);
    const set = madeSet(numbers.pictures, numbers.objects);
    const bars = [];
    const detail: Record<string, unknown> = {};
    for (const [name, format, how] of formats) {
      const folder = await mkdtemp(join(tmpdir(), "maskwire-bench-formats-"));
      try {
        const written = await measured(async () => {
          await writeAnnotations(format, set, new FolderSink(folder), how);
          return numbers.pictures * numbers.objects;
        });
        const read = await measured(async () => {
          let objects = 0;
          const found = readAnnotations(await openFolder(folder), { format, sizeOf: async () => ({ width, height }) });
          for await (const { kind } of found) if (kind === "object") objects++;
          return objects;
        });
        const bytes = await bytesIn(folder);
        // A picture's labels are read, whose objects were written.
        const back = format === AnnotationFormat.PNG ? { ...read, perSecond: written.count / read.seconds } : read;
        bars.push(
          atLeast(`${name}: written a second`, written.perSecond, leastPerSecond, "objects"),
          atLeast(`${name}: read a second`, back.perSecond, leastPerSecond, "objects"),
          atMost(`${name}: memory added`, Math.max(written.addedMiB, read.addedMiB), mostMiB, "MiB"),
        );
        detail[name] = { bytesAnObject: Math.round(bytes / written.count), objectsRead: read.count };
        say(`${name}: ${round(written.perSecond)} written, ${round(back.perSecond)} read a second`);
      } finally {
        await rm(folder, { recursive: true });
      }
    }
    return { bars, detail };
  },
};

/** By processor time: whoever else is at work takes none of it. */
async function measured(work: () => Promise<number>) {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const began = process.cpuUsage();
  const count = await work();
  const { user, system } = process.cpuUsage(began);
  const seconds = (user + system) / 1e6;
  clearInterval(watch);
  return { count, seconds, perSecond: count / seconds, addedMiB: (most - before) / 2 ** 20 };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

const labels = ["thing", "part", "other"].map((name) => ({ name, colour: "#808080" }));

/** Every picture has the same masks: most small, some large, with wavy edges; one in ten has a hole. */
function madeSet(pictures: number, objects: number): ExportSet {
  const masks = Array.from({ length: objects }, (_, at) => blob(at));
  const filled = (at: number): FilledPicture => ({
    picture: { id: at + 1, name: `${at}.jpg`, width, height, attributes: {} },
    objects: masks.map((rle, i) => ({
      id: at * objects + i + 1,
      rle,
      label: labels[i % labels.length]!.name,
      attributes: {},
      predictedIou: 0.9,
      stabilityScore: 0.97,
    })),
  });
  return {
    labels,
    hasUnlabelled: false,
    splits: ["train"],
    async *pictures() {
      for (let at = 0; at < pictures; at++) yield filled(at).picture;
    },
    async *filled() {
      for (let at = 0; at < pictures; at++) yield filled(at);
    },
    async *sequences() {},
  };
}

function blob(at: number): Mask {
  const radius = 12 * 1.04 ** (at % 80);
  const [middleX, middleY] = [(at * 379) % width, (at * 211) % height];
  const bitmap = new Uint8Array(width * height);
  const most = radius * 1.3;
  for (let y = Math.max(0, Math.ceil(middleY - most)); y < Math.min(height, middleY + most); y++) {
    for (let x = Math.max(0, Math.ceil(middleX - most)); x < Math.min(width, middleX + most); x++) {
      const [dx, dy] = [x - middleX, y - middleY];
      const far = Math.hypot(dx, dy);
      const edge = radius * (1 + 0.2 * Math.sin(5 * Math.atan2(dy, dx) + at));
      const isHole = at % 10 === 0 && far < radius / 3;
      if (far < edge && !isHole) bitmap[y * width + x] = 1;
    }
  }
  return encodeRle(bitmapToRle(bitmap, width, height));
}
