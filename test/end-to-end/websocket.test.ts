import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { eventLines, upload } from "../support/http-calls.js";
import { clickOn, drawScene, fromRaw, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";
import { until } from "../support/until.js";

const unknownId = `sha256:${"ab".repeat(32)}`;
const disc = { points: [clickOn("disc")] };

let maskwire: Maskwire;
let url: string;
let id: string;
let nextSeed = 100;
/** A picture that nobody has sent yet. */
const freshPicture = () => jpegScene(640, 480, nextSeed++);

beforeAll(async () => {
  maskwire = await startMaskwire({
    ...tinyModelEnv({ slowEncodes: true }),
    MASKWIRE_MAX_FRAME_BYTES: "2048",
    MASKWIRE_MAX_WAITING_CLICKS: "5",
  });
  url = maskwire.url;
  const picture = await freshPicture();
  id = imageIdOf(picture);
  await upload(url, picture);
});
afterAll(() => maskwire.stop());

describe("frames", () => {
  it("F1: maskwire.v1 is chosen where it is offered, nothing where nothing is", async () => {
    await using chosen = await SocketClient.join(url, { protocols: ["other", "maskwire.v1"] });
    expect(chosen.protocol).toBe("maskwire.v1");
    await using none = await SocketClient.join(url, { protocols: [] });
    expect(none.protocol).toBe("");
  });

  it("F1: offering only other subprotocols is refused with HTTP 400", async () => {
    await expect(SocketClient.connect(url, { protocols: ["graphql-ws"] })).rejects.toThrow(/400/);
  });

  it("F1: an upgrade at another path is 404", async () => {
    await expect(SocketClient.connect(`${url}/elsewhere`)).rejects.toThrow(/404/);
  });

  it("F2: the first frame is the welcome, with the limits", async () => {
    await using client = await SocketClient.connect(url);
    expect(await client.next("welcome")).toMatchObject({
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      maxWaitingClicks: 5,
      maxImageBytes: 64 * 1024 * 1024,
      maxImagePixels: 100_000_000,
    });
  });

  it("F3: before the first frame it is binary for the subprotocol, JSON without one", async () => {
    await using binary = await SocketClient.connect(url, { protocols: ["maskwire.v1"] });
    expect((await binary.nextFrame()).form).toBe("binary");
    await using text = await SocketClient.connect(url, { protocols: [] });
    expect((await text.nextFrame()).form).toBe("text");
  });

  it("F3: answers come in the form of the latest frame, and both forms give one mask", async () => {
    await using client = await SocketClient.join(url);
    await client.openReady(id);
    const counts: (string | undefined)[] = [];
    for (const form of ["text", "binary", "text"] as const) {
      client.form = form;
      client.segment({ sequence: 1, prompt: disc });
      const { form: answered, frame } = await client.nextFrame();
      expect(answered).toBe(form);
      const outcome = frame.case === "segment" ? frame.value.outcome : undefined;
      if (outcome?.case === "result") counts.push(outcome.value.masks[0]?.rle?.counts);
    }
    expect(counts).toHaveLength(3);
    expect(new Set(counts).size).toBe(1);
  });

  it("F4: unreadable frames are answered INVALID_ARGUMENT and change nothing else", async () => {
    await using client = await SocketClient.join(url);
    await client.openReady(id);
    const frames = [
      Buffer.from([0xff, 0xff]),
      Buffer.alloc(0),
      "{",
      '{"hello": 1}',
      "{}",
      '{"segment": {"sequence": -1}}',
    ];
    for (const frame of frames) {
      client.sendRaw(frame);
      const error = await client.next("error");
      expect(error.code).toBe(ErrorCode.INVALID_ARGUMENT);
      expect(error.message).not.toBe("");
    }
    client.segment({ sequence: 3, prompt: disc });
    expect(await client.next("segment")).toMatchObject({ sequence: 3, outcome: { case: "result" } });
  });

  it("F5: the tenth unreadable frame in a row closes with 4400; a readable one starts the count again", async () => {
    await using client = await SocketClient.join(url);
    const sendBad = async (times: number) => {
      for (let i = 0; i < times; i++) {
        client.sendRaw("?");
        await client.next("error");
      }
    };
    await sendBad(9);
    client.segment({ sequence: 1, prompt: disc });
    await client.next("segment");
    await sendBad(10);
    expect(await client.closed).toMatchObject({ code: 4400 });
  });

  it("F6: a frame over MASKWIRE_MAX_FRAME_BYTES closes with 1009", async () => {
    await using client = await SocketClient.join(url);
    client.sendRaw(Buffer.alloc(2049));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });
});

describe("the open image", () => {
  it("I1: opening another image cancels what waits for the one before", async () => {
    const other = await freshPicture();
    await upload(url, other);
    await using client = await SocketClient.join(url);
    await client.openReady(id);
    for (const sequence of [1, 2, 3]) client.segment({ sequence, prompt: disc });
    client.open(imageIdOf(other));
    for (const sequence of [1, 2, 3]) {
      expect(await client.next("segment")).toMatchObject({
        sequence,
        outcome: { case: "error", value: { code: ErrorCode.CANCELLED } },
      });
    }
    expect(await client.next("image")).toMatchObject({ imageId: imageIdOf(other), event: { case: "ready" } });
    client.segment({ sequence: 4, prompt: disc });
    expect(await client.next("segment")).toMatchObject({
      sequence: 4,
      outcome: { case: "result", value: { imageId: imageIdOf(other) } },
    });
  });

  it("I2: a cached image is ready at once, and says so", async () => {
    await using client = await SocketClient.join(url);
    client.open(id);
    expect(await client.next("image")).toMatchObject({
      imageId: id,
      event: { case: "ready", value: { cached: true, model: tinyModelId, image: { width: 640, height: 480 } } },
    });
  });

  it("I2: an image that waits to be encoded is queued, encoding, ready", async () => {
    const [first, second] = [await freshPicture(), await freshPicture()];
    const ahead = await begin(first);
    const behind = await begin(second);
    await using client = await SocketClient.join(url);
    client.open(imageIdOf(second));
    const seen = await client.imageUntil("ready");
    // Its place in line may be told more than once.
    expect([...new Set(seen)]).toEqual(["queued", "encoding", "ready"]);
    await Promise.all([ahead(), behind()]);
  });

  it("I3: an image that nobody has is missing; clicks wait for the upload and the second opening", async () => {
    const picture = await freshPicture();
    await using client = await SocketClient.join(url);
    client.open(imageIdOf(picture));
    expect(await client.imageUntil("missing")).toEqual(["missing"]);
    client.segment({ sequence: 1, prompt: disc });
    await upload(url, picture);
    client.open(imageIdOf(picture));
    await client.imageUntil("ready");
    expect(await client.next("segment")).toMatchObject({ sequence: 1, outcome: { case: "result" } });
  });

  it("I4: an image that cannot be encoded has failed, and so have the clicks that waited", async () => {
    const whole = await fromRaw(drawScene(640, 480, nextSeed++))
      .png()
      .toBuffer();
    const cut = whole.subarray(0, Math.floor(whole.length / 2));
    // The process that decodes pictures stands still until the session waits for this one.
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
    const signal = (name: NodeJS.Signals) => {
      for (const pid of children.trim().split(" ")) process.kill(Number(pid), name);
    };
    signal("SIGSTOP");
    const behind = begin(cut);
    const arrived = 'maskwire_budget_bytes{budget="uploads"}';
    await until(async () => (await metric(maskwire.adminUrl, arrived)) >= cut.byteLength);
    await using client = await SocketClient.join(url);
    client.open(imageIdOf(cut));
    client.segment({ sequence: 1, prompt: disc });
    client.segment({ sequence: 2, prompt: disc });
    // Frames are read in their order: when this one is answered, those before it have been taken.
    client.segment({ sequence: 3, imageId: unknownId, prompt: disc });
    expect(await client.next("segment")).toMatchObject({ sequence: 3, outcome: { case: "error" } });
    signal("SIGCONT");
    let news = (await client.next("image")).event;
    while (news.case === "queued" || news.case === "encoding") news = (await client.next("image")).event;
    const damaged = { code: ErrorCode.INVALID_ARGUMENT, reason: "DAMAGED_IMAGE" };
    expect(news).toMatchObject({ case: "failed", value: damaged });
    for (const sequence of [1, 2]) {
      expect(await client.next("segment")).toMatchObject({ sequence, outcome: { case: "error", value: damaged } });
    }
    await (await behind)();
  });

  it("I5: an image_id that is none is INVALID_ARGUMENT and leaves the session as it was", async () => {
    await using client = await SocketClient.join(url);
    await client.openReady(id);
    for (const wrong of ["", "x", "sha256:12", `sha256:${"G".repeat(64)}`, `sha1:${"a".repeat(64)}`]) {
      client.open(wrong);
      expect(await client.next("error")).toMatchObject({ code: ErrorCode.INVALID_ARGUMENT });
    }
    client.segment({ sequence: 1, prompt: disc });
    expect(await client.next("segment")).toMatchObject({ outcome: { case: "result", value: { imageId: id } } });
  });

  it("I4: a model that there is not has failed, naming those there are", async () => {
    await using client = await SocketClient.join(url);
    client.open(id, "sam9");
    expect((await client.next("image")).event).toMatchObject({
      case: "failed",
      value: { code: ErrorCode.INVALID_ARGUMENT, message: expect.stringContaining(`; ${tinyModelId} is`) },
    });
    client.open(unknownId);
    await client.imageUntil("missing");
  });
});

/** Begins an upload and returns once it is in line; the result waits for its last line. */
async function begin(picture: Buffer): Promise<() => Promise<unknown>> {
  const reply = await fetch(`${url}/v1/images`, {
    method: "POST",
    body: picture as Buffer<ArrayBuffer>,
    headers: { accept: "application/x-ndjson" },
  });
  const lines = eventLines(reply);
  await lines.next();
  return async () => {
    let last: unknown;
    for await (const line of lines) last = line;
    return last;
  };
}
