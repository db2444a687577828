import { describe, expect, it } from "vitest";
import { decodeRle, polygonsOf, rleToBitmap } from "../../proto/index.js";
import type { Format } from "../state/page.js";
import { cocoOf } from "./coco.js";
import { distinctNames, fileName } from "./file-names.js";
import { makeFiles, type PngMaker } from "./make-files.js";
import { polygonsJson } from "./polygons.js";
import { svgOf } from "./svg.js";
import { corner, jobObject, parts, picture, rasterise, ring, taken } from "./testing/fixtures.js";

const objects = { ring, corner, parts };
const bitmapOf = (object: typeof ring) => rleToBitmap(object.runs);

/** The closed lines of an SVG path that holds M, L and Z only. */
function linesOf(path: string): number[][] {
  return path
    .split("Z")
    .filter((part) => part !== "")
    .map((part) => part.split(/[ML ]/).filter(Boolean).map(Number));
}

describe("the SVG", () => {
  it.each(Object.entries(objects))("is the mask at every pixel's middle: %s", (_name, object) => {
    const path = /\bd="([^"]+)"/.exec(svgOf(picture, [object]))?.[1] ?? "";
    expect(rasterise(linesOf(path))).toEqual(bitmapOf(object));
  });

  it("is as large as the picture, names what it shows and lets no name break it", () => {
    const svg = svgOf(picture, [ring, { ...corner, name: 'A "cat" & <dog>' }]);
    expect(svg).toContain('viewBox="0 0 120 80" width="120" height="80"');
    expect(svg).toContain("<title>two &lt;cats&gt;.jpg</title>");
    expect(svg).toContain("<title>A &quot;cat&quot; &amp; &lt;dog&gt;</title>");
    expect(svg.match(/fill-rule="evenodd"/g)).toHaveLength(2);
  });
});

describe("polygons", () => {
  it.each(Object.entries(objects))("are the mask, holes by the even-odd rule: %s", (_name, object) => {
    const { outer, holes } = polygonsOf(object.runs);
    expect(rasterise([...outer, ...holes])).toEqual(bitmapOf(object));
  });

  it("keep holes apart from what is around them", () => {
    expect(polygonsOf(ring.runs)).toMatchObject({ outer: [expect.any(Array)], holes: [expect.any(Array)] });
    expect(polygonsOf(corner.runs).holes).toEqual([]);
  });

  it("say what they are of", () => {
    expect(JSON.parse(polygonsJson(picture, [corner]))).toMatchObject({
      file_name: "two <cats>.jpg",
      width: 120,
      height: 80,
      objects: [{ id: 8, name: "Cat", holes: [] }],
    });
  });
});

describe("COCO", () => {
  const dataset = cocoOf(picture, [ring, corner, { ...parts, name: "Cat", isNamed: true }]);

  it("has one picture, and a category for each name", () => {
    expect(dataset.images).toEqual([{ id: 1, file_name: "two <cats>.jpg", width: 120, height: 80 }]);
    expect(dataset.categories).toEqual([
      { id: 1, name: "object", supercategory: "object" },
      { id: 2, name: "Cat", supercategory: "object" },
    ]);
    expect(dataset.annotations.map(({ category_id }) => category_id)).toEqual([1, 2, 2]);
  });

  it("has all that the format asks of an annotation", () => {
    for (const [at, annotation] of dataset.annotations.entries()) {
      const object = [ring, corner, parts][at]!;
      const { x, y, width, height } = object.box;
      expect(annotation).toMatchObject({ id: object.id, image_id: 1, iscrowd: 0, area: object.mask.area });
      expect(annotation.bbox).toEqual([x, y, width, height]);
    }
  });

  it("writes polygons, and run lengths where polygons would fill a hole", () => {
    const [holed, whole] = dataset.annotations.map(({ segmentation }) => segmentation);
    if (Array.isArray(holed) || !Array.isArray(whole)) throw new Error("The segmentations are of the wrong kind.");
    expect(rleToBitmap(decodeRle(holed!))).toEqual(bitmapOf(ring));
    expect(rasterise(whole)).toEqual(bitmapOf(corner));
  });
});

describe("files", () => {
  const drawn = new TextEncoder().encode("png");
  const png: PngMaker = { cutOut: async () => drawn, mask: async () => drawn };
  const namesOf = async (format: Format, ...chosen: (typeof ring)[]) => {
    const pixels = {} as ImageBitmap;
    const job = { format, picture, objects: chosen.map((object) => ({ ...jobObject(object), pixels })) };
    return (await makeFiles(job, png)).map(({ name }) => name);
  };

  it("are named after the picture, and the object where it has a name", async () => {
    expect(await namesOf("cutout", ring)).toEqual(["two-cats-cutout.png"]);
    expect(await namesOf("svg", corner)).toEqual(["two-cats-Cat-outline.svg"]);
    expect(await namesOf("coco", ring, corner)).toEqual(["two-cats-coco.json"]);
  });

  it("are one for each object where a picture is made of each", async () => {
    expect(await namesOf("mask", ring, corner, { ...parts, name: "cat" })).toEqual([
      "Object-1-mask.png",
      "Cat-mask.png",
      "cat-2-mask.png",
    ]);
    expect(await namesOf("bundle", corner)).toEqual([
      "cutouts/Cat.png",
      "masks/Cat.png",
      "two-cats-Cat-outline.svg",
      "two-cats-Cat-polygons.json",
      "two-cats-Cat-coco.json",
      "two-cats-Cat-sa1b.json",
    ]);
  });

  it("hold the scores, the point and the exact mask as SA-1B does", async () => {
    const job = { format: "sa1b" as const, picture, objects: [jobObject({ ...ring, point: { x: 40, y: 41 } })] };
    const [file] = await makeFiles(job, png);
    const record = JSON.parse(String(file?.content));
    expect(record.image).toEqual({ image_id: 0, width: 120, height: 80, file_name: "two <cats>.jpg" });
    expect(record.annotations[0]).toMatchObject({ id: 7, point_coords: [[40, 41]], crop_box: [0, 0, 120, 80] });
    expect(rleToBitmap(decodeRle(record.annotations[0].segmentation))).toEqual(bitmapOf(ring));
  });

  it("cannot be made of nothing", async () => {
    await expect(namesOf("svg")).rejects.toThrow();
    await expect(
      namesOf(
        "svg",
        taken(() => false),
      ),
    ).rejects.toThrow("empty");
  });

  it("have names that every file system takes", () => {
    expect(fileName("../a/b.c.jpg", "mask.png")).toBe("a-b-c-mask.png");
    expect(fileName("猫.jpg", "mask.png")).toBe("猫-mask.png");
    expect(distinctNames(["..", "A", "a", "a"])).toEqual(["object", "A", "a-2", "a-3"]);
  });
});
