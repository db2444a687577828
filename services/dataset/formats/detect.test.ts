import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../proto/index.js";
import { findAnnotations } from "./detect.js";
import { MemoryFiles } from "./testing/memory-files.js";

const find = (files: Record<string, string>, wanted?: AnnotationFormat) =>
  findAnnotations(new MemoryFiles(files).source(5), wanted);

const coco = '{"info": {}, "images": [], "annotations": [], "categories": []}';
const cvat = '<?xml version="1.0"?>\n<!-- by CVAT -->\n<annotations><version>1.1</version></annotations>';

describe("the format of what is there", () => {
  it.each<[string, Record<string, string>, AnnotationFormat | undefined]>([
    ["COCO", { "a/b.json": coco }, AnnotationFormat.COCO],
    [
      "COCO with annotations first",
      { "a.json": '{"annotations": [{"image": {}}], "images": []}' },
      AnnotationFormat.COCO,
    ],
    ["SA-1B", { "a.json": '{"annotations": [], "image": {"image_id": 1}}' }, AnnotationFormat.SA1B],
    ["LabelMe", { "a.json": '{"version": "5", "flags": {}, "shapes": []}' }, AnnotationFormat.LABELME],
    ["Datumaro", { "a.json": '{"info": {}, "categories": {}, "items": []}' }, AnnotationFormat.DATUMARO],
    ["Label Studio", { "a.json": '[{"id": 1, "data": {"image": "a.jpg"}}]' }, AnnotationFormat.LABEL_STUDIO],
    ["CVAT", { "annotations.xml": cvat }, AnnotationFormat.CVAT],
    ["YOLO", { "labels/a.txt": "0 0.5", "data.yaml": "names: []" }, AnnotationFormat.YOLO],
    ["PNG", { "labelmap.txt": "", "SegmentationClass/a.png": "" }, AnnotationFormat.PNG],
    [
      "pictures alone",
      { "a.jpg": "", "notes.txt": "", "b.json": '{"a": 1}', "c.json": "[1, 2]", "d.json": "no" },
      undefined,
    ],
    [
      "other XML",
      { "a.xml": "<annotation><filename>a.jpg</filename></annotation>", "b.xml": "<x><annotations/></x>" },
      undefined,
    ],
  ])("%s", async (_name, files, format) => {
    expect((await find(files))?.format).toBe(format);
  });

  it("is said where there are several, and looked for where it is asked for", async () => {
    const files = { "a.json": coco, "b.xml": cvat, "c.jpg": "" };
    await expect(find(files)).rejects.toThrow(
      "There are annotations of COCO and CVAT in it; say which of them to read.",
    );
    expect(await find(files, AnnotationFormat.CVAT)).toEqual({ format: AnnotationFormat.CVAT, files: ["b.xml"] });
    await expect(find(files, AnnotationFormat.YOLO)).rejects.toThrow(
      "There are no annotations of YOLO in it, but annotations of COCO and CVAT.",
    );
    await expect(find({ "c.jpg": "" }, AnnotationFormat.COCO)).rejects.toThrow("but no annotations.");
  });

  it("of many files alike is that of the first ones", async () => {
    const labelme = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`${at}.json`, '{"shapes": []}']));
    expect((await find(labelme))?.files).toHaveLength(120);
    const mixed = { ...labelme, "7.json": coco };
    await expect(find(mixed)).rejects.toThrow("COCO and LabelMe");
  });
});
