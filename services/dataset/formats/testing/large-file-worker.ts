import { parentPort, workerData } from "node:worker_threads";
import { encodeCounts } from "../../../../proto/index.js";
import { readAnnotations, writeAnnotations } from "../formats.js";
import type { ExportSet, FilledPicture, Sink, Source } from "../types.js";
import type { LargeFile } from "./large-file.js";

/** Reads or writes a file of COCO that no memory holds: it is made as it is read, and forgotten as it is written. */
const { bytes, isRead, format } = workerData as LargeFile;
const [width, height] = [8, 8];
const counts = encodeCounts(new Uint32Array(width * height).fill(1));
/** Masks would take the time for calculation that this is not about. */
const note = "what somebody has written about it ".repeat(600);
const perPicture = 10;
const objects = Math.ceil(bytes / note.length);

let mostBuffers = 0;
const watch = () => {
  mostBuffers = Math.max(mostBuffers, process.memoryUsage().arrayBuffers);
};

async function* chunksOf(texts: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    watch();
    yield Buffer.from(text);
  }
}

function* cocoFile(): Generator<string> {
  const pictures = Array.from({ length: Math.ceil(objects / perPicture) }, (_, id) => ({
    id,
    file_name: `${id}.jpg`,
    width,
    height,
  }));
  yield `{"images":${JSON.stringify(pictures)},"annotations":[`;
  for (let id = 1; id <= objects; id++) {
    const annotation = {
      id,
      image_id: Math.floor((id - 1) / perPicture),
      category_id: 1,
      iscrowd: 0,
      attributes: { note },
    };
    yield `${id > 1 ? ",\n" : ""}${JSON.stringify({ ...annotation, segmentation: { size: [height, width], counts } })}`;
  }
  yield '],"categories":[{"id":1,"name":"thing"}]}';
}

async function read(): Promise<number> {
  const source: Source = { files: [{ path: "a.json", bytes }], problems: [], open: () => chunksOf(cocoFile()) };
  let found = 0;
  for await (const { kind } of readAnnotations(source, { format })) if (kind === "object") found++;
  return found;
}

const pictureOf = (at: number): FilledPicture => ({
  picture: { id: at + 1, name: `${at}.jpg`, width, height, attributes: {} },
  objects: Array.from({ length: perPicture }, (_, i) => ({
    id: at * perPicture + i + 1,
    rle: { size: [height, width], counts },
    attributes: { note },
    label: "thing",
  })),
});

async function write(): Promise<number> {
  let written = 0;
  const sink: Sink = {
    async write(_path, content) {
      for await (const chunk of content) {
        watch();
        written += chunk.length;
      }
    },
    async finish() {},
  };
  const count = Math.ceil(objects / perPicture);
  const set: ExportSet = {
    labels: [{ name: "thing", colour: "#808080" }],
    hasUnlabelled: false,
    splits: [""],
    async *pictures() {
      for (let at = 0; at < count; at++) yield pictureOf(at).picture;
    },
    async *filled() {
      for (let at = 0; at < count; at++) yield pictureOf(at);
    },
    async *sequences() {},
  };
  await writeAnnotations(format, set, sink);
  return written;
}

const count = isRead ? await read() : await write();
parentPort?.postMessage({ count, objects, mostBuffers });
