import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Annotation,
  cropBoxes,
  cropDefaults,
  decodeRle,
  EverythingMode,
  rleArea,
  rleBoundingBox,
  rleToBitmap,
  type Sa1bAnnotation,
  sa1bAnnotation,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import {
  type EverythingInit,
  type EverythingLine,
  everythingEvents,
  Following,
  postEverything,
} from "../support/everything-calls.js";
import { upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";

const [width, height] = [640, 480];
/** The whole picture, then four parts. */
const parts = cropBoxes(width, height, 1, cropDefaults.overlapRatio);
const layered: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 4, cropNLayers: 1 };

let maskwire: Maskwire;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire();
  imageId = (await upload(maskwire.url, await jpegScene(width, height, 810))).image?.imageId ?? "";
});
afterAll(() => maskwire?.stop());

function check({ segmentation, bbox, area, point_coords, crop_box }: Sa1bAnnotation): void {
  expect(segmentation.size).toEqual([height, width]);
  const mask = decodeRle(segmentation);
  const box = rleBoundingBox(mask);
  expect([area, bbox]).toEqual([rleArea(mask), [box.x, box.y, box.width, box.height]]);
  const part = parts.find((one) => [one.x, one.y, one.width, one.height].join() === crop_box.join());
  expect(part).toBeDefined();
  const { x: left = 0, y: top = 0, width: w = 0, height: h = 0 } = part ?? {};
  // A mask found in a part lies in it, and so does the point that found it.
  expect(box.x >= left && box.y >= top && box.x + box.width <= left + w && box.y + box.height <= top + h).toBe(true);
  const [[x, y] = [-1, -1]] = point_coords;
  expect(x > left && x < left + w && y > top && y < top + h).toBe(true);
}

it("E6 has the parts encoded first, once, and answers with masks of the whole picture", async () => {
  const encodes = () => metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
  expect(await encodes()).toBe(1);
  for (let round = 0; round < 2; round++) {
    const text = await (await postEverything(maskwire.url, { imageId, ...layered })).text();
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EverythingLine);
    const kept = new Map<number, Sa1bAnnotation>();
    for (const { annotation, retracted } of lines) {
      if (annotation) kept.set(annotation.id, annotation);
      if (retracted !== undefined) expect(kept.delete(retracted)).toBe(true);
    }
    expect(lines.at(-1)).toMatchObject({ done: { points: 16 * parts.length, masks: kept.size } });
    for (const annotation of kept.values()) check(annotation);
    const fromParts = [...kept.values()].filter(({ crop_box }) => crop_box.join() !== [0, 0, width, height].join());
    expect(fromParts.length).toBeGreaterThan(0);
    // The second time they are cached.
    expect(await encodes()).toBe(parts.length);
  }
});

it("names the part whose embedding is missing to a caller that has not had it made", async () => {
  const other = await upload(maskwire.url, await jpegScene(width, height, 811));
  const rpc = new RpcClient(new URL(maskwire.url).host);
  try {
    const following = new Following();
    const ask = async () => {
      const request = { imageId: other.image?.imageId ?? "", ...layered };
      for await (const event of everythingEvents(rpc, request)) following.hear(event);
    };
    await expect(ask()).rejects.toMatchObject({ code: Code.NOT_FOUND, message: expect.stringContaining("part") });
    expect(following.progress).toEqual([]);
  } finally {
    rpc.close();
  }
});

it("finds the disc in whichever part shows it whole", async () => {
  const rpc = new RpcClient(new URL(maskwire.url).host);
  try {
    const following = new Following();
    for await (const event of everythingEvents(rpc, { imageId, ...layered, pointsPerSide: 6 })) following.hear(event);
    const { x, y } = clickOn("disc");
    const holdsDisc = (annotation: Annotation) =>
      rleToBitmap(decodeRle(sa1bAnnotation(annotation).segmentation))[Math.floor(y) * width + Math.floor(x)] === 1;
    expect([...following.kept.values()].some(holdsDisc)).toBe(true);
  } finally {
    rpc.close();
  }
});
