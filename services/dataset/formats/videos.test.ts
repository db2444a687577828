import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../proto/index.js";
import { readAnnotations, writeAnnotations } from "./formats.js";
import { objectFrom, setOf } from "./testing/example-set.js";
import { allOf, drawn } from "./testing/found.js";
import { MemoryFiles } from "./testing/memory-files.js";
import { readFiles } from "./testing/read-files.js";
import type { FilledPicture, Sink } from "./types.js";

const labels = [
  { name: "cat", colour: "#ff0000" },
  { name: "dog", colour: "#00ff00" },
];
const open = async function* () {
  yield Buffer.from("a picture");
};
const tom = ["##..", "##..", "...."];
const rex = ["...#", "...#", "...#"];
const frame = (number: number) => ({ sequence: 7, number });
const videos = [
  {
    id: 7,
    name: "yard",
    tracks: [
      { id: 31, name: "tom", label: "cat" },
      { id: 32, name: "rex", label: "dog" },
    ],
  },
];
/** Added in another order than the video's; tom is not in the second frame, rex not in the last. */
const pictures = [
  {
    ...{ name: "yard/b.png", split: "train", frame: frame(1), open },
    objects: [objectFrom(1, rex, { label: "dog", track: 32 })],
  },
  {
    ...{ name: "yard/a.png", split: "train", frame: frame(0), open },
    objects: [objectFrom(2, tom, { label: "cat", track: 31 }), objectFrom(3, rex, { label: "dog", track: 32 })],
  },
  {
    ...{ name: "yard/c.png", split: "train", frame: frame(2), open },
    objects: [objectFrom(4, tom, { label: "cat", track: 31 }), objectFrom(5, rex, { label: "dog" })],
  },
  { name: "alone.png", split: "train", open, objects: [objectFrom(6, tom, { label: "cat" })] },
];
type Format = Exclude<AnnotationFormat, AnnotationFormat.UNSPECIFIED>;

async function write(format: Format) {
  const files = new MemoryFiles();
  const notes = await writeAnnotations(format, setOf(labels, pictures, videos), files);
  return { files, notes };
}

/** What is found of frames, by video and number: tracks with their labels and rows. */
async function readBack(format: Format) {
  const { files } = await write(format);
  const { pictures: found, objects, problems } = await allOf(readAnnotations(files.source(7)));
  expect(problems).toEqual([]);
  const frames = new Map(found.map((one) => [one.name, one.frame]));
  const tracks = objects.flatMap(({ picture, track, label, rle }) =>
    track === undefined ? [] : [[frames.get(picture)?.number, track, label, ...drawn(rle)]],
  );
  return {
    frames: found.flatMap(({ frame: at, split }) => (at ? [`${at.sequence} ${at.number} ${split}`] : [])).sort(),
    tracks: tracks.sort((a, b) => String(a).localeCompare(String(b))),
  };
}

const frames = ["yard 0 train", "yard 1 train", "yard 2 train"];
const expected = (names: [string, string], known: [string?, string?]) =>
  [
    [0, names[0], known[0], ...tom],
    [0, names[1], known[1], ...rex],
    [1, names[1], known[1], ...rex],
    [2, names[0], known[0], ...tom],
  ].sort((a, b) => String(a).localeCompare(String(b)));

describe("a video comes back with its tracks", () => {
  it("from COCO", async () => {
    expect(await readBack(AnnotationFormat.COCO)).toEqual({ frames, tracks: expected(["tom", "rex"], ["cat", "dog"]) });
  });
  it("from YouTube-VIS", async () => {
    expect(await readBack(AnnotationFormat.YOUTUBE_VIS)).toEqual({
      frames,
      tracks: expected(["tom", "rex"], ["cat", "dog"]),
    });
  });
  it("from DAVIS, which has no names and labels", async () => {
    expect(await readBack(AnnotationFormat.DAVIS)).toEqual({ frames, tracks: expected(["object 1", "object 2"], []) });
  });
});

describe("a video is written", () => {
  it("as COCO-VID has it: videos, tracks, and frames in order behind the other images", async () => {
    const { files, notes } = await write(AnnotationFormat.COCO);
    const coco = JSON.parse(files.text("annotations/instances_train.json"));
    expect(coco.videos).toEqual([{ id: 7, name: "yard", width: 4, height: 3, length: 3, frame_rate: 25 }]);
    expect(coco.tracks).toMatchObject([
      { id: 31, video_id: 7, category_id: 1, name: "tom" },
      { id: 32, video_id: 7, category_id: 2, name: "rex" },
    ]);
    expect(coco.images.map((one: object) => Object.values(one).slice(1, 2))).toEqual([
      ["alone.png"],
      ["yard/a.png"],
      ["yard/b.png"],
      ["yard/c.png"],
    ]);
    expect(coco.images.slice(1)).toMatchObject([0, 1, 2].map((at) => ({ video_id: 7, frame_id: at, frame_index: at })));
    const tracks = coco.annotations.map((one: Record<string, unknown>) => [one.id, one.video_id, one.track_id]);
    expect(tracks).toEqual([
      [1, 7, 32],
      [2, 7, 31],
      [3, 7, 32],
      [4, 7, 31],
      [5, 7, undefined],
      [6, undefined, undefined],
    ]);
    expect(notes).toEqual([]);
  });

  it("as YouTube-VIS has it, with null where an object is not to be seen", async () => {
    const { files, notes } = await write(AnnotationFormat.YOUTUBE_VIS);
    const { videos: written, annotations } = JSON.parse(files.text("train/instances.json"));
    expect(written).toMatchObject([{ file_names: ["yard/a.png", "yard/b.png", "yard/c.png"], length: 3 }]);
    expect(annotations).toMatchObject([
      {
        id: 31,
        video_id: 7,
        track_id: 31,
        category_id: 1,
        areas: [4, null, 4],
        bboxes: [[0, 0, 2, 2], null, [0, 0, 2, 2]],
      },
      { id: 32, areas: [3, 3, null] },
    ]);
    expect(
      annotations.map((one: { segmentations: unknown[] }) => one.segmentations.map((mask) => mask !== null)),
    ).toEqual([
      [true, false, true],
      [true, true, false],
    ]);
    expect([...files.contents.keys()]).toContain("train/JPEGImages/yard/b.png");
    expect(notes).toEqual([
      "Objects that are of no track are left out: 1 object.",
      "Pictures that are of no sequence are left out: 1 picture.",
    ]);
  });

  it("as DAVIS has it, frames numbered from 0", async () => {
    const { files, notes } = await write(AnnotationFormat.DAVIS);
    expect([...files.contents.keys()].sort()).toEqual([
      ...[0, 1, 2].map((at) => `Annotations/Full-Resolution/yard/0000${at}.png`),
      "ImageSets/2017/train.txt",
      ...[0, 1, 2].map((at) => `JPEGImages/Full-Resolution/yard/0000${at}.png`),
    ]);
    expect(files.text("ImageSets/2017/train.txt")).toBe("yard\n");
    expect(notes).toContain("Labels have no place in DAVIS's form: 1 sequence.");
  });

  it("as MOTS has it, an object a number of its class", async () => {
    const { files } = await write(AnnotationFormat.MOTS);
    expect(files.text("labels.txt")).toBe("1 cat\n2 dog\n");
    const lines = files.text("instances_txt/yard.txt").trim().split("\n");
    expect(lines.map((line) => line.split(" ").slice(0, 5).join(" "))).toEqual([
      "0 1001 1 3 4",
      "0 2001 2 3 4",
      "1 2001 2 3 4",
      "2 1001 1 3 4",
    ]);
    expect([...files.contents.keys()].filter((path) => path.startsWith("instances/"))).toHaveLength(3);
  });

  it("as MOTS has it, a long one's lines as its frames are read, none of them kept before", async () => {
    const frames = 4000;
    const long = setOf(labels, pictures, videos);
    /** Times that it was gone through, and where it is. */
    const reading = { times: 0, at: 0 };
    async function* sequences(split: string) {
      for await (const sequence of long.sequences(split)) {
        const { value: first } = await sequence.filled()[Symbol.asyncIterator]().next();
        const filled = async function* () {
          reading.times++;
          for (reading.at = 0; reading.at < frames; reading.at++) yield first as FilledPicture;
        };
        yield { ...sequence, width: 4, height: 3, filled };
      }
    }
    let firstLines: { times: number; at: number } | undefined;
    const written: string[] = [];
    const sink: Sink = {
      write: async (path, content) => {
        for await (const chunk of content) {
          if (!path.startsWith("instances_txt")) continue;
          firstLines ??= { ...reading };
          written.push(Buffer.from(chunk).toString());
        }
      },
      finish: async () => {},
    };
    await writeAnnotations(AnnotationFormat.MOTS, { ...long, sequences }, sink);
    expect(written.join("").trim().split("\n")).toHaveLength(2 * frames);
    expect(firstLines?.times).toBe(2);
    expect(firstLines?.at).toBeLessThan(frames - 1);
  });

  it("not at all by the others, which keep its pictures and objects", async () => {
    const { files } = await write(AnnotationFormat.DATUMARO);
    const { objects, pictures: found } = await allOf(readAnnotations(files.source()));
    expect([objects.length, objects.filter(({ track }) => track !== undefined).length]).toEqual([6, 0]);
    expect(found.filter(({ frame: at }) => at)).toEqual([]);
  });
});

describe("others' files", () => {
  const rle = { size: [1, 2], counts: [0, 2] };
  const image = { width: 2, height: 1 };

  it("of COCO have videos behind what refers to them, tracks without names, and frames without numbers", async () => {
    const { pictures: found, objects } = await readFiles({
      "a.json": {
        images: [
          { id: 1, file_name: "v/x.jpg", video_id: 4, ...image },
          { id: 2, file_name: "v/y.jpg", video_id: 4, ...image },
        ],
        annotations: [{ id: 1, image_id: 2, category_id: 1, segmentation: rle, instance_id: 9 }],
        categories: [{ id: 1, name: "car" }],
        videos: [{ id: 4, name: "drive", fps: 10 }],
      },
    });
    expect(found.map(({ frame: at }) => at)).toEqual([
      { sequence: "drive", number: 0, frameRate: 10 },
      { sequence: "drive", number: 1, frameRate: 10 },
    ]);
    expect(objects).toMatchObject([{ track: "object 9", picture: "v/y.jpg", label: "car" }]);
  });

  it("of a track that this program has followed are a sequence called after the file", async () => {
    const { pictures: found, objects } = await readFiles({
      "ride.json": {
        images: [{ id: 1, file_name: "0.jpg", frame_index: 3, ...image }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, track_id: 2, segmentation: rle }],
        categories: [{ id: 1, name: "object" }],
      },
    });
    expect(found).toMatchObject([{ frame: { sequence: "ride", number: 3 } }]);
    expect(objects).toMatchObject([{ track: "object 2" }]);
  });

  it("of YouTube-VIS have names that are no text, which are told, and the other frames keep their places", async () => {
    const {
      pictures: found,
      objects,
      problems,
    } = await readFiles({
      "instances.json": {
        videos: [{ id: 1, ...image, name: "d", file_names: ["d/1.jpg", null, 7, "d/4.jpg"] }],
        categories: [{ id: 3, name: "cat" }],
        annotations: [{ id: 1, video_id: 1, category_id: 3, segmentations: [rle, rle, null, rle] }],
      },
    });
    expect(found.map(({ name, frame: at }) => [name, at?.number])).toEqual([
      ["d/1.jpg", 0],
      ["d/4.jpg", 3],
    ]);
    expect(objects.map(({ picture }) => picture)).toEqual(["d/1.jpg", "d/4.jpg"]);
    expect(problems).toEqual(
      [1, 2].map(
        (at) => `instances.json:1 The file_names of "d" have no name at ${at}: the frame and its masks are left out.`,
      ),
    );
  });

  it("of YouTube-VIS have polygons, masks too many and videos that are not there", async () => {
    const {
      objects,
      problems,
      drawn: rows,
    } = await readFiles({
      "instances.json": {
        videos: [{ id: 1, ...image, file_names: ["d/1.jpg"] }],
        categories: [{ id: 3, name: "cat" }],
        annotations: [
          { id: 1, video_id: 1, category_id: 3, segmentations: [[[0, 0, 2, 0, 2, 1, 0, 1]], rle] },
          { id: 2, video_id: 8, category_id: 3, segmentations: [rle] },
          { id: 3, video_id: 1, category_id: 3, segmentations: ["?"] },
        ],
      },
    });
    expect(objects).toMatchObject([{ picture: "d/1.jpg", track: "object 1", label: "cat" }]);
    expect(rows).toEqual([["cat", "##"]]);
    expect(problems).toEqual([
      "instances.json:1 The annotation has 2 masks, and its video 1 frames.",
      "instances.json:1 The annotation's video_id 8 is no video of the file.",
      "instances.json:1 A mask of the annotation is neither run lengths nor polygons.",
    ]);
  });
});
