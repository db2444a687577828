import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../proto/index.js";
import { readAnnotations, writeAnnotations } from "./formats.js";
import { Unreadable } from "./parse/unreadable.js";
import { objectFrom, setOf } from "./testing/example-set.js";
import { allOf, drawn } from "./testing/found.js";
import { MemoryFiles } from "./testing/memory-files.js";
import type { ExportOptions } from "./types.js";

const odd = 'a "quoted" & <odd> label';
const labels = [
  { name: "cat", colour: "#ff0000" },
  { name: odd, colour: "#00ff00", parent: "cat" },
  { name: "猫", colour: "#0000ff" },
];

interface Made {
  readonly name: string;
  readonly split: string;
  readonly objects: readonly { readonly rows: readonly string[]; readonly label: string }[];
}

/** Any pixels: dots, lines, corners that touch, holes, the picture's edges. */
const pictures: fc.Arbitrary<Made> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) => {
    const row = fc
      .array(fc.constantFrom("#", "."), { minLength: width, maxLength: width })
      .map((signs) => signs.join(""));
    const rows = fc
      .array(row, { minLength: height, maxLength: height })
      .filter((all) => all.some((one) => one.includes("#")));
    return fc.record({
      name: fc.constantFrom("a.jpg", "one/b.png", "two/b.webp", "猫 1.jpeg"),
      split: fc.constantFrom("train", "val", "test"),
      objects: fc.array(fc.record({ rows, label: fc.constantFrom("cat", odd, "猫") }), { minLength: 1, maxLength: 4 }),
    });
  });
const sets = fc.uniqueArray(pictures, { selector: ({ name }) => name, minLength: 1, maxLength: 3 });

type Format = Exclude<AnnotationFormat, AnnotationFormat.UNSPECIFIED>;

async function written(format: Format, made: readonly Made[], options: ExportOptions = {}) {
  let id = 0;
  const all = made.map(({ objects, ...picture }) => ({
    ...picture,
    objects: objects.map(({ rows, label }) => objectFrom(++id, rows, { label })),
    open: async function* () {
      yield Buffer.from("a picture");
    },
  }));
  const files = new MemoryFiles();
  await writeAnnotations(format, setOf(labels, all), files, options);
  return { files, all };
}

async function readBack(format: Format, made: readonly Made[], options: ExportOptions = {}) {
  const { files, all } = await written(format, made, options);
  const sizes = new Map(all.map(({ name, objects }) => [name, objects[0]?.rle.size ?? []]));
  const sizeOf = async (name: string) => {
    const [height = 0, width = 0] = sizes.get(name) ?? [];
    return { width, height };
  };
  return allOf(readAnnotations(files.source(7), { format, sizeOf }));
}

/** What there is of each picture, in any order. */
const expected = (made: readonly Made[]) =>
  made.flatMap(({ name, objects }) => objects.map(({ rows, label }) => JSON.stringify([name, label, rows]))).sort();

const formats: [string, Format, ExportOptions][] = [
  ["COCO, run lengths", AnnotationFormat.COCO, { coco: "rle" }],
  ["COCO, polygons", AnnotationFormat.COCO, { coco: "polygons" }],
  ["COCO, lists of counts", AnnotationFormat.COCO, { coco: "counts" }],
  ["YOLO", AnnotationFormat.YOLO, {}],
  ["LabelMe", AnnotationFormat.LABELME, {}],
  ["CVAT", AnnotationFormat.CVAT, {}],
  ["Label Studio", AnnotationFormat.LABEL_STUDIO, {}],
  ["Datumaro", AnnotationFormat.DATUMARO, {}],
  ["SA-1B", AnnotationFormat.SA1B, {}],
];

describe("what is written is read back with every pixel", () => {
  it.each(formats)("of %s", async (_name, format, options) => {
    await fc.assert(
      fc.asyncProperty(sets, async (made) => {
        const { pictures: found, objects, problems } = await readBack(format, made, options);
        expect(problems).toEqual([]);
        expect(found.map(({ name }) => name).sort()).toEqual(made.map(({ name }) => name).sort());
        for (const { name, split } of made) expect(found.find((one) => one.name === name)).toMatchObject({ split });
        const labelled = format !== AnnotationFormat.SA1B;
        const read = objects.map(({ picture, label, rle }) =>
          JSON.stringify([picture, labelled ? label : odd, drawn(rle)]),
        );
        const wanted = labelled
          ? made
          : made.map((one) => ({ ...one, objects: one.objects.map((o) => ({ ...o, label: odd })) }));
        expect(read.sort()).toEqual(expected(wanted));
      }),
      { numRuns: 40 },
    );
  });

  it("of PNG, where the smallest object is on top and those of one label are one", async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (made) => {
        const { objects, problems } = await readBack(AnnotationFormat.PNG, made);
        expect(problems).toEqual([]);
        const read = objects.map(({ picture, label = "", rle }) => JSON.stringify([picture, label, drawn(rle)]));
        expect(read.sort()).toEqual(expected(made.map(asSeen)));
      }),
      { numRuns: 40 },
    );
  });
});

describe("files that somebody has damaged", () => {
  const damage = fc.record({
    file: fc.nat(),
    at: fc.nat(),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom('"', "[", "}", ",", "-", "1e999", "null", "<", "&x;", "99999999999")
        .map((text) => Buffer.from(text)),
    ),
    without: fc.integer({ min: 0, max: 40 }),
  });

  it.each([...formats, ["PNG", AnnotationFormat.PNG, {}] as const])(
    "of %s give problems in sentences, and nothing worse",
    async (_name, format, options) => {
      await fc.assert(
        fc.asyncProperty(sets, fc.array(damage, { minLength: 1, maxLength: 4 }), async (made, damages) => {
          const { files } = await written(format, made, options);
          const paths = [...files.contents.keys()];
          for (const { file, at, bytes, without } of damages) {
            const path = paths[file % paths.length]!;
            const content = files.contents.get(path)!;
            const place = at % (content.length + 1);
            const parts = [content.subarray(0, place), bytes, content.subarray(place + without)];
            files.contents.set(path, Buffer.concat(parts));
          }
          const sizeOf = async () => ({ width: 9, height: 9 });
          const reading = allOf(readAnnotations(files.source(5), { format, sizeOf }));
          const outcome = await reading.catch((error: unknown) => error);
          if (outcome instanceof Unreadable) return;
          expect(outcome).toHaveProperty("problems");
          for (const { reason } of (await reading).problems) expect(reason).toMatch(/^\S.{0,400}\.$/s);
        }),
        { numRuns: 40 },
      );
    },
  );
});

/** The label of each pixel, and what of each label is to be seen. */
function asSeen({ objects, ...picture }: Made): Made {
  const areaOf = (rows: readonly string[]) => rows.join("").replaceAll(".", "").length;
  const sorted = objects.toSorted((a, b) => areaOf(b.rows) - areaOf(a.rows));
  const topmost = (x: number, y: number) => sorted.findLast(({ rows }) => rows[y]?.[x] === "#")?.label;
  const [first] = objects;
  const seen = [...new Set(objects.map(({ label }) => label))].map((label) => ({
    label,
    rows: first!.rows.map((row, y) => [...row].map((_, x) => (topmost(x, y) === label ? "#" : ".")).join("")),
  }));
  return { ...picture, objects: seen.filter(({ rows }) => areaOf(rows) > 0) };
}
