import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decodeRle,
  ErrorCode,
  MaskFormat,
  type PromptSchema,
  rleIou,
  type SegmentResponse,
  type SegmentResult,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

type PromptInit = MessageInitShape<typeof PromptSchema>;

const disc: PromptInit = { points: [clickOn("disc")] };
const plate: PromptInit = { points: [clickOn("plate")] };

let maskwire: Maskwire;
let url: string;
let picture: Buffer;
let id: string;

beforeAll(async () => {
  maskwire = await startMaskwire({
    ...tinyModelEnv({ slowDecodes: true }),
    MASKWIRE_MAX_WAITING_CLICKS: "3",
    MASKWIRE_DECODER_WORKERS: "1",
  });
  url = maskwire.url;
  picture = await jpegScene(640, 480, 200);
  id = imageIdOf(picture);
  await upload(url, picture);
});
afterAll(() => maskwire.stop());

async function ready(): Promise<SocketClient> {
  const client = await SocketClient.join(url);
  await client.openReady(id);
  return client;
}

function resultOf({ outcome }: SegmentResponse): SegmentResult {
  if (outcome.case !== "result") throw new Error(`refused: ${outcome.value?.message}`);
  return outcome.value;
}

const bestMask = (answer: SegmentResponse) => decodeRle(resultOf(answer).masks[0]?.rle ?? { size: [], counts: "" });
const refusedWith = (sequence: number, code: ErrorCode) => ({ sequence, outcome: { case: "error", value: { code } } });

describe("clicks", () => {
  it("C1, C2: every click has one answer with its number, in the order in which they came", async () => {
    await using client = await ready();
    client.segment({ sequence: 9, prompt: disc });
    client.segment({ sequence: 2, prompt: { points: [{ x: -5, y: 0 }] } });
    client.segment({ sequence: 7, prompt: plate });
    const answers = [await client.next("segment"), await client.next("segment"), await client.next("segment")];
    expect(answers.map(({ sequence, outcome }) => [sequence, outcome.case])).toEqual([
      [9, "result"],
      [2, "error"],
      [7, "result"],
    ]);
    // Nothing more comes: the next frame is the next question's answer.
    client.open(id);
    await client.next("image");
  });

  it("C1: an answer has masks with box, area and scores, best first, and the time by stage", async () => {
    await using client = await ready();
    client.segment({ sequence: 1, prompt: disc, multimask: true });
    const { masks, timings, model, imageId } = resultOf(await client.next("segment"));
    expect({ model, imageId }).toEqual({ model: tinyModelId, imageId: id });
    const scores = masks.map((mask) => mask.predictedIou);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const mask of masks) {
      expect(mask.area).toBeGreaterThan(0);
      expect(mask.bbox?.width).toBeGreaterThan(0);
      expect(mask.stabilityScore).toBeGreaterThan(0);
      expect(mask.png).toBeUndefined();
      expect(mask.lowResLogits).toBeUndefined();
    }
    expect(timings?.decodeMs).toBeGreaterThan(0);
  });

  it("C3: a click before the image is ready is kept and answered when it is", async () => {
    const fresh = await jpegScene(640, 480, 201);
    await using client = await SocketClient.join(url);
    client.open(imageIdOf(fresh));
    client.segment({ sequence: 1, prompt: disc });
    client.segment({ sequence: 2, prompt: plate });
    await client.imageUntil("missing");
    await upload(url, fresh);
    client.open(imageIdOf(fresh));
    await client.imageUntil("ready");
    expect((await client.next("segment")).sequence).toBe(1);
    expect((await client.next("segment")).sequence).toBe(2);
  });

  it("C4: a click before any open_image is FAILED_PRECONDITION", async () => {
    await using client = await SocketClient.join(url);
    client.segment({ sequence: 4, imageId: id, prompt: disc });
    expect(await client.next("segment")).toMatchObject(refusedWith(4, ErrorCode.FAILED_PRECONDITION));
  });

  it("C5: a click that names another image is FAILED_PRECONDITION; one that names the open one is answered", async () => {
    await using client = await ready();
    client.segment({ sequence: 1, imageId: `sha256:${"0".repeat(64)}`, prompt: disc });
    expect(await client.next("segment")).toMatchObject(refusedWith(1, ErrorCode.FAILED_PRECONDITION));
    client.segment({ sequence: 2, imageId: id, prompt: disc });
    resultOf(await client.next("segment"));
  });

  it("C6: one click more than may wait is RESOURCE_EXHAUSTED with a hint; those before it are unharmed", async () => {
    await using client = await ready();
    for (const sequence of [1, 2, 3, 4]) client.segment({ sequence, prompt: disc });
    const refused = await client.next("segment");
    expect(refused).toMatchObject(refusedWith(4, ErrorCode.RESOURCE_EXHAUSTED));
    expect(refused.outcome.case === "error" && refused.outcome.value.retryAfterMs).toBeGreaterThan(0);
    for (const sequence of [1, 2, 3]) {
      const answer = await client.next("segment");
      expect(answer.sequence).toBe(sequence);
      resultOf(answer);
    }
  });

  it("C7: a bad prompt is INVALID_ARGUMENT with a sentence that names what is wrong", async () => {
    await using client = await ready();
    const bad: [PromptInit, RegExp][] = [
      [{}, /at least one point, a box or a mask/],
      [{ points: [{ x: 641, y: 3 }] }, /\(641, 3\).*640 x 480/],
      [{ points: [{ x: Number.NaN, y: 3 }] }, /NaN/],
      [{ points: [{ x: 1, y: 1, label: 7 }] }, /label.*7/],
      [{ points: Array.from({ length: 129 }, () => ({ x: 1, y: 1 })) }, /at most 128/],
      [{ box: { x0: 5, y0: 5, x1: 5, y1: 9 } }, /no area/],
      [{ box: { x0: 0, y0: 0, x1: Number.POSITIVE_INFINITY, y1: 9 } }, /finite/],
      [{ mask: { source: { case: "rle", value: { size: [2, 2], counts: "13" } } } }, /\[480, 640\]/],
      [{ mask: { source: { case: "rle", value: { size: [480, 640], counts: "~~" } } } }, /malformed/],
      [{ mask: { source: { case: "lowResLogits", value: { width: 3, height: 3, data: new Uint8Array(18) } } } }, /256/],
    ];
    for (const [index, [prompt, sentence]] of bad.entries()) {
      client.segment({ sequence: index, prompt });
      const answer = await client.next("segment");
      expect(answer).toMatchObject(refusedWith(index, ErrorCode.INVALID_ARGUMENT));
      expect(answer.outcome.case === "error" && answer.outcome.value.message).toMatch(sentence);
    }
    client.segment({ sequence: 99, prompt: disc });
    resultOf(await client.next("segment"));
  });

  it("C8: `previous` starts from the logits of the latest answered click, as the logits themselves do", async () => {
    await using client = await ready();
    client.segment({ sequence: 1, prompt: disc, formats: [MaskFormat.LOW_RES_LOGITS] });
    const { lowResLogits } = resultOf(await client.next("segment")).masks[0] ?? {};
    if (!lowResLogits) throw new Error("no logits came");
    client.segment({
      sequence: 2,
      prompt: { ...disc, mask: { source: { case: "lowResLogits", value: lowResLogits } } },
    });
    const byLogits = bestMask(await client.next("segment"));
    client.segment({ sequence: 3, prompt: disc });
    client.segment({
      sequence: 4,
      prompt: { ...disc, mask: { source: { case: "previous", value: { sequence: 3 } } } },
    });
    await client.next("segment");
    const byNumber = bestMask(await client.next("segment"));
    expect(rleIou(byLogits, byNumber)).toBe(1);
  });

  it("C8: a sequence or a mask that is not kept is FAILED_PRECONDITION", async () => {
    await using client = await ready();
    client.segment({ sequence: 1, prompt: disc });
    resultOf(await client.next("segment"));
    for (const value of [{ sequence: 8 }, { sequence: 1, mask: 9 }]) {
      client.segment({ sequence: 2, prompt: { mask: { source: { case: "previous", value } } } });
      expect(await client.next("segment")).toMatchObject(refusedWith(2, ErrorCode.FAILED_PRECONDITION));
    }
  });
});

describe("previews", () => {
  it("P1: a newer preview takes the place of one that waits", async () => {
    await using client = await ready();
    for (const sequence of [1, 2, 3]) client.segment({ sequence, prompt: disc, preview: true });
    expect(await client.next("segment")).toMatchObject(refusedWith(2, ErrorCode.CANCELLED));
    expect(await client.next("segment")).toMatchObject({ sequence: 1, outcome: { case: "result" } });
    expect(await client.next("segment")).toMatchObject({ sequence: 3, outcome: { case: "result" } });
  });

  it("P1: a click takes the place of the previews before it", async () => {
    await using client = await ready();
    client.segment({ sequence: 1, prompt: plate, preview: true });
    client.segment({ sequence: 2, prompt: plate, preview: true });
    client.segment({ sequence: 3, prompt: disc });
    expect(await client.next("segment")).toMatchObject(refusedWith(1, ErrorCode.CANCELLED));
    expect(await client.next("segment")).toMatchObject(refusedWith(2, ErrorCode.CANCELLED));
    expect(await client.next("segment")).toMatchObject({ sequence: 3, outcome: { case: "result" } });
  });

  it("P2: at the decoder a click goes before the previews of other sessions", async () => {
    const hovering = await Promise.all([ready(), ready(), ready(), ready()]);
    await using clicking = await ready();
    const order: string[] = [];
    const previews = hovering.map(async (client) => {
      client.segment({ sequence: 1, prompt: plate, preview: true });
      await client.next("segment");
      order.push("preview");
    });
    // The last frame that was sent arrives last: the previews are at the gateway before the click.
    clicking.segment({ sequence: 1, prompt: disc });
    await clicking.next("segment");
    order.push("click");
    await Promise.all(previews);
    expect(order.indexOf("click")).toBeLessThan(3);
    for (const client of hovering) await client[Symbol.asyncDispose]();
  });

  it("P2: a click does not wait for its own preview, which waits for everybody's clicks", async () => {
    const busy = await Promise.all([ready(), ready(), ready(), ready()]);
    await using person = await ready();
    let isOver = false;
    let answers = 0;
    // One click runs and others wait, always: no preview's turn comes.
    const clicking = busy.map(async (client) => {
      for (let sequence = 1; !isOver && answers < 100; sequence++, answers++) {
        client.segment({ sequence, prompt: plate });
        await client.next("segment");
      }
    });
    const more = async (count: number) => {
      for (const until = answers + count; answers < until; ) await sleep(2);
    };
    await more(busy.length);
    person.segment({ sequence: 1, prompt: disc, preview: true });
    await more(busy.length);
    const before = answers;
    person.segment({ sequence: 2, prompt: disc });
    expect(await person.next("segment")).toMatchObject(refusedWith(1, ErrorCode.CANCELLED));
    expect(await person.next("segment")).toMatchObject({ sequence: 2, outcome: { case: "result" } });
    expect(answers - before).toBeLessThan(4 * busy.length);
    isOver = true;
    await Promise.all(clicking);
    for (const client of busy) await client[Symbol.asyncDispose]();
  });

  it("P4: a click on what was previewed has the masks of a run, and needs none", async () => {
    await using client = await ready();
    const ask = async (sequence: number, { preview = false, prompt = disc } = {}) => {
      client.segment({ sequence, prompt, preview, ...(preview ? {} : { multimask: true }) });
      return resultOf(await client.next("segment"));
    };
    const saved = () => metric(maskwire.adminUrl, "maskwire_decodes_previewed_total");
    // So that the latest preview is of this picture's plate, whatever was asked before.
    await ask(1, { preview: true, prompt: plate });
    const before = await saved();
    const decoded = await ask(2);
    expect(await saved()).toBe(before);
    const preview = await ask(3, { preview: true });
    const clicked = await ask(4);
    expect(await saved()).toBe(before + 1);
    expect(clicked.masks).toEqual(decoded.masks);
    expect(clicked.masks).toHaveLength(3);
    expect(preview.masks).toEqual(clicked.masks.slice(0, 1));
    // What starts from a mask is another question, which a preview may have asked too.
    const refined = (mask: number) => {
      const source = { case: "previous" as const, value: { sequence: 4, mask } };
      return { prompt: { ...disc, mask: { source } } };
    };
    await ask(5, { ...refined(1), preview: true });
    expect(await saved()).toBe(before + 1);
    const found = await ask(6, refined(1));
    expect(await saved()).toBe(before + 2);
    expect(found.masks[0]?.area).not.toBe(clicked.masks[0]?.area);
  });

  it("P3: a preview before the image is ready is FAILED_PRECONDITION at once", async () => {
    await using client = await SocketClient.join(url);
    client.open(`sha256:${"c".repeat(64)}`);
    await client.imageUntil("missing");
    client.segment({ sequence: 1, prompt: disc, preview: true });
    expect(await client.next("segment")).toMatchObject(refusedWith(1, ErrorCode.FAILED_PRECONDITION));
  });
});
