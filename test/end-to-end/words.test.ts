import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecoderService, EncoderService, type Mask, type PromptSchema } from "../../proto/index.js";
import { cocoLabels } from "../../services/encoder/grounding/words/coco-labels.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { colourPicture, colourPlaces } from "../support/colour-picture.js";
import { commandLine } from "../support/command-line.js";
import { everythingEvents, Following } from "../support/everything-calls.js";
import { type HttpError, postSegment, segmentOverHttp, upload } from "../support/http-calls.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyDetectorId, tinyModelEnv } from "../support/tiny-model.js";

let maskwire: Maskwire;
let rpc: RpcClient;
let picture: Buffer;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire(tinyModelEnv());
  rpc = new RpcClient(new URL(maskwire.url).host);
  picture = await colourPicture();
  imageId = (await upload(maskwire.url, picture)).image?.imageId ?? "";
});
afterAll(async () => {
  rpc?.close();
  await maskwire?.stop();
});

type Prompt = MessageInitShape<typeof PromptSchema>;
const ask = async (prompt: Prompt) => (await segmentOverHttp(maskwire.url, { imageId, prompt })).masks;
const boxOf = ({ grounding }: Mask) => grounding?.box;

/** Which of the picture's squares a mask's box is around. */
function placeOf(mask: Mask): string | undefined {
  const { x0 = 0, y0 = 0, x1 = 0, y1 = 0 } = boxOf(mask) ?? {};
  return Object.entries(colourPlaces).find(
    ([, { x, y }]) => Math.abs((x0 + x1) / 2 - x) < 4 && Math.abs((y0 + y1) / 2 - y) < 4,
  )?.[0];
}
const places = (masks: readonly Mask[]) => masks.map(placeOf).sort();

describe("G1 words", () => {
  it("are answered with a mask for each object, as its box would be", async () => {
    const masks = await ask({ text: "the puppies" });
    expect(places(masks)).toEqual(["leftDog", "rightDog"]);
    for (const mask of masks) {
      expect(mask.grounding).toMatchObject({ label: "dog", via: "alias puppy", detector: tinyDetectorId });
      expect(mask.grounding?.score).toBeGreaterThan(0.9);
      const { x0, y0, x1, y1 } = boxOf(mask) ?? {};
      // Four cells of 32 in a frame of 416, which the picture's 640 pixels fill.
      expect((x1 ?? 0) - (x0 ?? 0)).toBeCloseTo((4 * 32 * 640) / 416, 0);
      const byBox = await segmentOverHttp(maskwire.url, {
        imageId,
        prompt: { box: { x0, y0, x1, y1 } as never },
      });
      expect(mask.rle).toEqual(byBox.masks[0]?.rle);
    }
    const scores = masks.map(({ grounding }) => grounding?.score ?? 0);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it("may name several kinds, and what is not there is no error", async () => {
    expect(places(await ask({ text: "狗和猫" }))).toEqual(["cat", "leftDog", "rightDog"]);
    expect(await ask({ text: "zebra" })).toEqual([]);
  });

  it.each(["binary", "text"] as const)("go over a WebSocket, in %s frames", async (form) => {
    await using client = await SocketClient.join(maskwire.url, { form });
    client.send({ case: "openImage", value: { imageId } });
    expect(await client.next("image")).toMatchObject({ event: { case: "ready" } });
    client.send({ case: "segment", value: { sequence: 5, prompt: { text: "dog" } } });
    client.send({ case: "segment", value: { sequence: 6, prompt: { text: "zebra" } } });
    client.send({ case: "segment", value: { sequence: 7, prompt: { text: "dgo" } } });
    const [dogs, none, unknown] = [
      await client.next("segment"),
      await client.next("segment"),
      await client.next("segment"),
    ];
    expect(dogs).toMatchObject({ sequence: 5, outcome: { case: "result" } });
    expect(places((dogs.outcome.value as { masks: Mask[] }).masks)).toEqual(["leftDog", "rightDog"]);
    expect(none).toMatchObject({ sequence: 6, outcome: { case: "result", value: { masks: [] } } });
    expect(unknown).toMatchObject({ sequence: 7, outcome: { case: "error", value: { reason: "UNKNOWN_WORD" } } });
  });

  it("lead to a mask that a later click starts from", async () => {
    const [dog] = await ask({ text: "dog" });
    const box = boxOf(dog as Mask);
    const corner = { x: box?.x0 ?? 0, y: box?.y0 ?? 0, label: 1 };
    const start = {
      source: { case: "previous" as const, value: { sequence: 1, mask: 0, steps: [{ prompt: { text: "dog" } }] } },
    };
    const [after] = await ask({ points: [corner], mask: start });
    expect(after?.rle).not.toEqual((await ask({ points: [corner] }))[0]?.rle);
  });

  it("go over the command line", async () => {
    const photo = join(tmpdir(), `maskwire-words-${process.pid}.png`);
    await writeFile(photo, picture);
    const run = (...args: string[]) =>
      commandLine(["segment", photo, ...args], { cwd: tmpdir(), env: { MASKWIRE_URL: maskwire.url } });
    const [found, unknown] = [await run("--text", "dogs", "--json"), await run("--text", "dgos")];
    expect(found.code, found.stderr).toBe(0);
    const { masks } = JSON.parse(found.stdout) as { masks: { grounding: { label: string; box: object } }[] };
    expect(masks.map(({ grounding }) => grounding.label)).toEqual(["dog", "dog"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/^maskwire: "dgos" is not known here; the nearest words that are: "dog"/m);
  });
});

describe("G2 words and places together", () => {
  /** The tiny model's masks are discs around a box's corners. */
  const cornerOf = async (place: keyof typeof colourPlaces) => {
    const mask = (await ask({ text: "dog" })).find((one) => placeOf(one) === place) as Mask;
    return { x: (boxOf(mask)?.x0 ?? 0) + 2, y: (boxOf(mask)?.y0 ?? 0) + 2 };
  };

  it("mean the objects whose masks hold each positive point and no negative one", async () => {
    const corner = await cornerOf("rightDog");
    expect(places(await ask({ text: "dog", points: [{ ...corner, label: 1 }] }))).toEqual(["rightDog"]);
    expect(places(await ask({ text: "dog", points: [{ ...corner, label: 0 }] }))).toEqual(["leftDog"]);
    expect(
      await ask({
        text: "dog",
        points: [
          { ...corner, label: 1 },
          { ...(await cornerOf("leftDog")), label: 1 },
        ],
      }),
    ).toEqual([]);
  });

  it("mean those that lie in the box by more than half", async () => {
    expect(places(await ask({ text: "dog", box: { x0: 320, y0: 0, x1: 640, y1: 480 } }))).toEqual(["rightDog"]);
    expect(places(await ask({ text: "dog", box: { x0: 640, y0: 480, x1: 0, y1: 0 } }))).toEqual([
      "leftDog",
      "rightDog",
    ]);
    expect(await ask({ text: "dog", box: { x0: 0, y0: 0, x1: 90, y1: 480 } })).toEqual([]);
  });

  it.each<[string, Prompt, RegExp]>([
    [
      "a mask",
      { text: "dog", mask: { source: { case: "rle", value: { size: [480, 640], counts: "" } } } },
      /does not go with a mask/,
    ],
    ["half a point", { text: "dog", points: [{ x: 4 }] }, /`points\[0\].y` is missing/],
    ["half a box", { text: "dog", box: { x0: 4, y0: 4, x1: 9 } }, /`box.y1` is missing/],
  ])("not with %s", async (_what, prompt, message) => {
    await expect(ask(prompt)).rejects.toThrow(message);
  });
});

describe("G3 words that are not known", () => {
  it("are 422 with the nearest that are", async () => {
    const reply = await postSegment(maskwire.url, JSON.stringify({ imageId, prompt: { text: "a brid" } }));
    expect(reply.status).toBe(422);
    const { error } = (await reply.json()) as { error: HttpError };
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "UNKNOWN_WORD" });
    expect(error.message).toMatch(/^"brid" is not known here; the nearest words that are: "bird"/);
  });

  it("and those that are too long, 400", async () => {
    const reply = await postSegment(maskwire.url, JSON.stringify({ imageId, prompt: { text: "x".repeat(201) } }));
    expect(reply.status).toBe(400);
  });
});

it("G4 tells what understands words, and which", async () => {
  const reply = await fetch(`${maskwire.url}/v1/words`);
  expect(reply.status).toBe(200);
  const { detectors } = (await reply.json()) as { detectors: { aliases: { word: string; labels: string[] }[] }[] };
  expect(detectors).toMatchObject([
    { id: tinyDetectorId, title: "Colours for tests", ready: true, advice: "", labels: [...cocoLabels] },
  ]);
  expect(detectors[0]?.aliases).toContainEqual({ word: "puppy", labels: ["dog"] });
});

it("G5 has everything mode find what words name, and ask no point beside it", async () => {
  const request = { imageId, predIouThresh: 0, stabilityScoreThresh: 0, pointsPerSide: 16 };
  const [all, dogs] = [new Following(), new Following()];
  const { grounding: _, ...asked } = { ...request, text: "dog", grounding: undefined };
  const found = await rpc.unary(EncoderService.method.ground, { imageId, text: "dog" });
  for await (const event of everythingEvents(rpc, request)) all.hear(event);
  for await (const event of everythingEvents(rpc, { ...asked, grounding: found })) dogs.hear(event);
  expect(dogs.done?.points).toBeGreaterThan(0);
  expect(dogs.done?.points).toBeLessThan((all.done?.points ?? 0) / 3);
  expect(dogs.kept.size).toBeLessThanOrEqual(all.kept.size);
  for (const { mask, point } of dogs.kept.values()) {
    expect(mask?.grounding?.label).toBe("dog");
    const { x0 = 0, x1 = 0, y0 = 0, y1 = 0 } = mask?.grounding?.box ?? {};
    expect(found.boxes.some(({ box }) => (point?.x ?? 0) >= (box?.x0 ?? 0) && (point?.x ?? 0) <= (box?.x1 ?? 0))).toBe(
      true,
    );
    const { x = 0, y = 0, width = 0, height = 0 } = mask?.bbox ?? {};
    const both =
      Math.max(0, Math.min(x1, x + width) - Math.max(x0, x)) * Math.max(0, Math.min(y1, y + height) - Math.max(y0, y));
    expect(both / ((x1 - x0) * (y1 - y0) + width * height - both)).toBeGreaterThanOrEqual(0.5);
  }
  // Through the gateway, which asks what the words mean by itself.
  const lines = await fetch(`${maskwire.url}/v1/everything`, { method: "POST", body: JSON.stringify(asked) });
  expect((await lines.text()).trim().split("\n").at(-1)).toContain(`"points":${dogs.done?.points}`);
});

describe("G6 a detector", () => {
  it("looks at a picture once, whatever it is asked about, and at a deleted one no more", async () => {
    const other = (await upload(maskwire.url, await colourPicture(120))).image?.imageId ?? "";
    const before = await metric(maskwire.adminUrl, 'maskwire_look_seconds_count{stage="detect"}');
    const ground = (text: string) => rpc.unary(EncoderService.method.ground, { imageId: other, text });
    const answers = await Promise.all([ground("dog"), ground("cat")]);
    expect(answers.map(({ boxes }) => boxes.length)).toEqual([2, 1]);
    expect(await ground("cup")).toMatchObject({ cached: true, boxes: [], detector: tinyDetectorId });
    expect(await metric(maskwire.adminUrl, 'maskwire_look_seconds_count{stage="detect"}')).toBe(before + 1);
    expect((await fetch(`${maskwire.url}/v1/images/${other}`, { method: "DELETE" })).status).toBe(204);
    await expect(ground("dog")).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  it("is asked first where nobody but the decoder is asked", async () => {
    const request = { imageId, prompt: { text: "dog" } };
    const once = rpc.unary(DecoderService.method.segmentOnce, request);
    await expect(once).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: /EncoderService.Ground/ });
    const grounding = await rpc.unary(EncoderService.method.ground, { imageId, text: "dog" });
    const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, { ...request, grounding });
    expect(places((outcome.value as { masks: Mask[] }).masks)).toEqual(["leftDog", "rightDog"]);
  });

  it("is one of those there are", async () => {
    const ground = rpc.unary(EncoderService.method.ground, { imageId, text: "dog", detector: "nothing" });
    await expect(ground).rejects.toThrow(`There is no detector "nothing"; there is ${tinyDetectorId}.`);
  });
});
