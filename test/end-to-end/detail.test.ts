import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Crop,
  DecoderService,
  DetailMode,
  decodeRle,
  type Mask,
  rleToBitmap,
  type SegmentResult,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import type { SceneMasks } from "../scenes/object-masks.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";

/*
 * With the real model: that a finer mask is of the same object is no matter of where requests go.
 */

const scene = "playroom";
let maskwire: Maskwire;
let picture: Buffer;
let imageId: string;
let prompt: { points: { x: number; y: number }[] };

beforeAll(async () => {
  maskwire = await startMaskwire();
  picture = await readFile(join(projectRoot, "web-client", "public", "samples", `${scene}.jpg`));
  const masks = join(projectRoot, "test", "scenes", `${scene}.masks.json`);
  const { objects } = JSON.parse(await readFile(masks, "utf8")) as SceneMasks;
  prompt = { points: [objects.find(({ name }) => name === "duck")?.click ?? { x: 0, y: 0 }] };
  imageId = (await upload(maskwire.url, picture)).image?.imageId ?? "";
});
afterAll(() => maskwire?.stop());

const countsOf = ({ masks }: SegmentResult) => masks.map(({ rle }) => rle?.counts);

async function answerOf(client: SocketClient): Promise<SegmentResult> {
  const { outcome } = await client.next("segment");
  if (outcome.case !== "result") throw new Error(JSON.stringify(outcome.value));
  return outcome.value;
}

it("Z1, Z7 gives a click a finer answer behind its first, the same over HTTP, to start from and to be made again", async () => {
  await using client = await SocketClient.join(maskwire.url);
  await client.openReady(imageId);
  client.segment({ sequence: 1, prompt, detail: DetailMode.ALWAYS });
  const first = await answerOf(client);
  const finer = await answerOf(client);
  expect([first.detail, finer.detail?.masks]).toEqual([undefined, [0]]);
  expect(countsOf(finer)).not.toEqual(countsOf(first));
  expect(await metric(maskwire.adminUrl, 'maskwire_details_total{outcome="finer"}')).toBe(1);

  const waited = await segmentOverHttp(maskwire.url, { imageId, prompt, detail: DetailMode.ALWAYS });
  expect([countsOf(waited), waited.detail]).toEqual([countsOf(finer), finer.detail]);
  expect(countsOf(await segmentOverHttp(maskwire.url, { imageId, prompt }))).toEqual(countsOf(first));

  const more = { points: [...prompt.points, { x: prompt.points[0]!.x + 20, y: prompt.points[0]!.y + 15 }] };
  const asked = (step: { crop?: Crop }) => {
    const value = { sequence: 1, mask: 0, steps: [{ prompt, ...step }] };
    return { ...more, mask: { source: { case: "previous" as const, value } } };
  };
  const crop = finer.detail?.crop as Crop;
  client.segment({ sequence: 2, prompt: asked({ crop }) });
  const fromFiner = await answerOf(client);
  client.segment({ sequence: 3, prompt: asked({}) });
  const fromFirst = await answerOf(client);
  const again = (step: { crop?: Crop }) => segmentOverHttp(maskwire.url, { imageId, prompt: asked(step) });
  expect(countsOf(await again({ crop }))).toEqual(countsOf(fromFiner));
  expect(countsOf(await again({}))).toEqual(countsOf(fromFirst));
});

it("finds on a part what it finds in a picture that is the part", async () => {
  const { detail } = await segmentOverHttp(maskwire.url, { imageId, prompt, detail: DetailMode.ALWAYS });
  const { x = 0, y = 0, width = 0, height = 0 } = detail?.crop ?? {};
  const part = await sharp(picture).extract({ left: x, top: y, width, height }).png().toBuffer();
  const partId = (await upload(maskwire.url, part)).image?.imageId ?? "";
  const [point] = prompt.points;
  const alone = await segmentOverHttp(maskwire.url, {
    imageId: partId,
    prompt: { points: [{ x: point!.x - x, y: point!.y - y }] },
    multimask: true,
  });
  const rpc = new RpcClient(new URL(maskwire.url).host);
  const asked = { imageId, prompt, multimask: true, crop: { x, y, width, height } };
  const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, asked, {});
  rpc.close();
  if (outcome.case !== "result") throw new Error("a decoder's answer");
  const bitmapOf = ({ rle }: Mask) => rleToBitmap(decodeRle(rle!));
  expect(outcome.value.masks).toHaveLength(3);
  for (const [index, mask] of outcome.value.masks.entries()) {
    const whole = bitmapOf(mask);
    const expected = bitmapOf(alone.masks[index] as Mask);
    const cut = Uint8Array.from({ length: width * height }, (_, at) => {
      return whole[(y + Math.floor(at / width)) * 1200 + x + (at % width)] as number;
    });
    expect(Buffer.compare(cut, expected)).toBe(0);
    expect(mask.area).toBe(alone.masks[index]?.area);
  }
});
