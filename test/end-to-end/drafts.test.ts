import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeRle, type Mask, rleIou, type SegmentResponse } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";

const [width, height] = [1200, 800];
const point = { x: sceneClicks.disc.x * width, y: sceneClicks.disc.y * height };
let maskwire: Maskwire;

// On one core an encode takes long enough for a draft on every machine.
beforeAll(async () => {
  maskwire = await startMaskwire({ MASKWIRE_ENCODER_THREADS: "1", MASKWIRE_DEADLINE_MS: "240000" });
});
afterAll(() => maskwire?.stop());

/** @returns the kinds of its lines, each once however often it is said again. */
async function upload(picture: Buffer, query: string): Promise<string[]> {
  const headers = { accept: "application/x-ndjson" };
  const reply = await fetch(`${maskwire.url}/v1/images${query}`, { method: "POST", body: picture, headers });
  const lines = (await reply.text()).trim().split("\n");
  return lines.flatMap((line) => Object.keys(JSON.parse(line))).filter((kind, at, all) => kind !== all[at - 1]);
}

function bestOf({ outcome }: SegmentResponse, isDraft: boolean): Mask {
  if (outcome.case !== "result") throw new Error(outcome.value?.message ?? "no answer");
  const [mask] = outcome.value.masks;
  if (!mask) throw new Error("no mask came");
  expect([outcome.value.draft, mask.lowResLogits]).toEqual([isDraft, undefined]);
  return mask;
}

it("V3, V4, V9: who understands drafts hears of one and has a click answered from it, then for good", async () => {
  const picture = await jpegScene(width, height, 61);
  const imageId = imageIdOf(picture);
  await using session = await SocketClient.join(maskwire.url);
  await using other = await SocketClient.join(maskwire.url);
  const sent = upload(picture, `?id=${imageId}&drafts=true`);
  session.send({ case: "openImage", value: { imageId, drafts: true } });
  other.open(imageId);
  const seen = await opened(session, imageId, "draft");
  expect(seen.at(-1)).toBe("draft");
  session.segment({ sequence: 1, prompt: { points: [point] } });
  const draft = bestOf(await session.next("segment"), true);
  await session.imageUntil("ready");
  const final = bestOf(await session.next("segment"), false);
  expect(rleIou(decodeRle(draft.rle!), decodeRle(final.rle!))).toBeGreaterThan(0.85);

  expect(await opened(other, imageId, "ready")).not.toContain("draft");
  expect((await sent).filter((kind) => kind !== "queued")).toEqual(["encoding", "draft", "ready"]);
});

it("V1, V9: none is made for who does not say so", async () => {
  const picture = await jpegScene(width, height, 62);
  expect((await upload(picture, "")).filter((kind) => kind !== "queued")).toEqual(["encoding", "ready"]);
});

/** Reads image events until one of this kind; a picture that is not there yet is opened again. @returns the kinds seen. */
async function opened(session: SocketClient, imageId: string, kind: string): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== kind) {
    const { event } = await session.next("image");
    seen.push(String(event.case));
    if (event.case === "missing") session.send({ case: "openImage", value: { imageId, drafts: kind === "draft" } });
    if (event.case === "ready") break;
  }
  return seen;
}
