import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRle, isExactly, rleArea, rleBoundingBox, rleToBitmap } from "../../proto/index.js";
import { cocoOf } from "./coco.js";
import { makeFiles, type PngMaker } from "./make-files.js";
import { svgOf } from "./svg.js";
import type { Taken, TakenPicture } from "./taken.js";
import { jobObject, picture, rasterise, taken } from "./testing/fixtures.js";

const drawn = new Uint8Array();
const png: PngMaker = { cutOut: async () => drawn, mask: async () => drawn };

interface Case {
  readonly object: Taken;
  readonly of: TakenPicture;
}

const caseOf = (width: number, height: number, isIn: (x: number, y: number) => boolean): Case => {
  const of = { ...picture, width, height };
  return { of, object: taken(isIn, {}, of) };
};

/** Masks of a few pixels: dots, lines, corners that touch, holes, the picture's edges. */
const smallMasks = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .array(fc.boolean(), { minLength: width * height, maxLength: width * height })
      .map((pixels) => ({ width, height, pixels })),
  )
  .filter(({ pixels }) => pixels.includes(true))
  .map(({ width, height, pixels }) => caseOf(width, height, (x, y) => pixels[y * width + x] === true));

const shapes: Record<string, Case> = {
  "a disc with a pole of one pixel": caseOf(
    80,
    80,
    (x, y) => Math.hypot(x - 40, y - 45) < 20 || (x === 40 && y > 4 && y < 45),
  ),
  "a diagonal of two pixels": caseOf(40, 40, (x, y) => x - y === 0 || x - y === 1),
  "a diagonal of one pixel": caseOf(40, 40, (x, y) => x === y),
  "a chessboard": caseOf(9, 9, (x, y) => (x + y) % 2 === 0),
  "all of the picture": caseOf(7, 5, () => true),
  "one pixel": caseOf(1, 1, () => true),
};

/** Every writer's masks, read back by the rule of its format. */
async function readBack({ object, of }: Case): Promise<Record<string, Uint8Array>> {
  const { width, height } = of;
  const textOf = async (format: "polygon" | "sa1b" | "rle") => {
    const [file] = await makeFiles({ format, picture: of, objects: [jobObject(object)] }, png);
    return JSON.parse(String(file?.content));
  };
  const [polygons, sa1b, rle] = await Promise.all([textOf("polygon"), textOf("sa1b"), textOf("rle")]);
  const [{ segmentation, holes }] = polygons.objects;
  const path = /\bd="([^"]+)"/.exec(svgOf(of, [object]))?.[1] ?? "";
  const lines = path.split("Z").filter(Boolean);
  return {
    svg: rasterise(
      lines.map((line) => line.split(/[ML ]/).filter(Boolean).map(Number)),
      { ...of, width, height },
    ),
    polygon: rasterise([...segmentation, ...holes], { ...of, width, height }),
    sa1b: rleToBitmap(decodeRle(sa1b.annotations[0].segmentation)),
    rle: rleToBitmap(decodeRle(rle)),
  };
}

async function expectExact(one: Case): Promise<void> {
  const { object, of } = one;
  const wanted = rleToBitmap(object.runs);
  for (const [format, bitmap] of Object.entries(await readBack(one)))
    expect([format, bitmap]).toEqual([format, wanted]);
  const [annotation] = cocoOf(of, [object]).annotations;
  const { segmentation, area, bbox } = annotation!;
  const box = rleBoundingBox(object.runs);
  expect([area, bbox]).toEqual([rleArea(object.runs), [box.x, box.y, box.width, box.height]]);
  if (!Array.isArray(segmentation)) expect(rleToBitmap(decodeRle(segmentation))).toEqual(wanted);
  else {
    // By COCO's own rule, and by that of the pixels' middles.
    expect(isExactly(segmentation, object.runs)).toBe(true);
    expect(rasterise(segmentation, { ...of })).toEqual(wanted);
    // Four numbers would be taken for a box.
    for (const polygon of segmentation) expect(polygon.length).toBeGreaterThan(4);
  }
}

describe("what leaves the page has every pixel of the mask and no other", () => {
  it.each(Object.entries(shapes))("of %s", (_name, one) => expectExact(one));

  it("of any mask", () => fc.assert(fc.asyncProperty(smallMasks, expectExact), { numRuns: 500 }));

  it("writes a plain object as polygons", () => {
    const { object, of } = shapes["a disc with a pole of one pixel"]!;
    expect(cocoOf(of, [object]).annotations[0]?.segmentation).toEqual([expect.any(Array)]);
  });
});
