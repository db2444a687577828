import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorCode, EverythingMode, sa1bAnnotation } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import {
  checkSa1b,
  type EverythingInit,
  type EverythingLine,
  everythingEvents,
  Following,
  postEverything,
} from "../support/everything-calls.js";
import { eventLines, segmentOverHttp, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const [width, height] = [640, 480];
const disc = { points: [clickOn("disc")] };
/** However the model thinks of its masks: what they look like is asked in found-masks.test.ts. */
const least = { predIou: 0.7, stability: 0.1 };
const anyMask: EverythingInit = { predIouThresh: least.predIou, stabilityScoreThresh: least.stability };
const quick: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 4, ...anyMask };
/** Far longer than a test may take: what ends early has been ended. */
const endless: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 128 };

let maskwire: Maskwire;
let rpc: RpcClient;
let imageId: string;

beforeAll(async () => {
  // A queue of two leaves room for one picture in everything mode: a second is let in when the first has ended.
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_DECODER_QUEUE: "2" });
  rpc = new RpcClient(new URL(maskwire.url).host);
  imageId = (await upload(maskwire.url, await jpegScene(width, height, 800))).image?.imageId ?? "";
});
afterAll(async () => {
  rpc?.close();
  await maskwire?.stop();
});

async function follow(request: EverythingInit): Promise<Following> {
  const following = new Following();
  for await (const event of everythingEvents(rpc, { imageId, ...request })) following.hear(event);
  expect(following.done).toBeDefined();
  return following;
}

/** Resolves when there is room for another picture: nobody else's everything mode is under way any more. */
async function roomAgain(): Promise<void> {
  for (;;) {
    try {
      await follow({ ...quick, pointsPerSide: 1 });
      return;
    } catch (error) {
      expect(error).toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    }
  }
}

describe("gRPC", () => {
  it("exhaustive mode asks every point and ends with valid records", async () => {
    const found = await follow(quick);
    expect(found.done?.points).toBe(16);
    expect(found.progress[0]).toEqual({ done: 0, total: 16 });
    expect(found.progress.at(-1)).toEqual({ done: 16, total: 16 });
    const counts = found.progress.map(({ done }) => done);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(found.kept.size).toBeGreaterThan(0);
    for (const annotation of found.kept.values()) checkSa1b(sa1bAnnotation(annotation), width, height, least);
  });

  it("gives the same result every time, whichever worker is faster", async () => {
    await using two = await startMaskwire({
      ...tinyModelEnv({ slowDecodes: true }),
      MASKWIRE_DECODER_WORKERS: "2",
      MASKWIRE_DECODER_THREADS: "1",
    });
    await upload(two.url, await jpegScene(width, height, 800));
    const client = new RpcClient(new URL(two.url).host);
    const results: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const found = new Following();
      for await (const event of everythingEvents(client, { imageId, ...quick })) found.hear(event);
      results.push([...found.kept.values()].map(({ mask }) => mask?.rle?.counts ?? "").sort());
    }
    client.close();
    expect(results[0]?.length).toBeGreaterThan(0);
    expect(results[0]).toEqual(results[1]);
  });

  it("refuses what is wrong with a code and a sentence", async () => {
    const cases: [EverythingInit, object][] = [
      [{ pointsPerSide: 0 }, { code: Code.INVALID_ARGUMENT, message: expect.stringMatching(/points_per_side/) }],
      [{ boxNmsThresh: 1.5 }, { code: Code.INVALID_ARGUMENT, message: expect.stringMatching(/box_nms_thresh/) }],
      [{ model: "sam9" }, { code: Code.INVALID_ARGUMENT }],
      [{ imageId: "x" }, { code: Code.INVALID_ARGUMENT }],
      [{ imageId: `sha256:${"7".repeat(64)}` }, { code: Code.NOT_FOUND }],
    ];
    for (const [init, expected] of cases) await expect(follow(init)).rejects.toMatchObject(expected);
  });

  it("E9: a cancel frees the workers: a click is answered, there is room for another picture, and the queue is empty", async () => {
    const caller = new AbortController();
    const events = everythingEvents(rpc, { imageId, ...endless }, caller.signal)[Symbol.asyncIterator]();
    await events.next();
    await expect(follow(quick)).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      message: "Too many pictures are in everything mode already; try again later.",
      retryAfterMs: expect.any(Number),
    });
    caller.abort();
    await expect(
      (async () => {
        while (!(await events.next()).done);
      })(),
    ).rejects.toMatchObject({ code: Code.CANCELLED });
    expect((await segmentOverHttp(maskwire.url, { imageId, prompt: disc })).masks).toHaveLength(1);
    await roomAgain();
    expect(await metric(maskwire.adminUrl, "maskwire_decoder_queue_depth")).toBe(0);
  });
});

describe("HTTP", () => {
  const linesOf = async (reply: Response) => {
    const lines: EverythingLine[] = [];
    for await (const line of eventLines(reply)) lines.push(line as EverythingLine);
    return lines;
  };

  it("E1 answers with lines: progress, SA-1B records, retractions, and one end", async () => {
    const reply = await postEverything(maskwire.url, { imageId, ...quick });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = await linesOf(reply);
    const kept = new Set<number>();
    expect(lines.some(({ annotation }) => annotation)).toBe(true);
    for (const { annotation, retracted } of lines) {
      if (annotation) {
        checkSa1b(annotation, width, height, least);
        kept.add(annotation.id);
      }
      if (retracted !== undefined) expect(kept.delete(retracted)).toBe(true);
    }
    expect(lines[0]).toEqual({ progress: { pointsDone: 0, pointsTotal: 16, etaMs: 0 } });
    expect(lines.at(-1)).toMatchObject({ done: { masks: kept.size, points: 16, image: { width, height } } });
    expect(lines.filter((line) => line.done || line.error)).toHaveLength(1);
  });

  it("E1 refuses with a status of its own before it begins", async () => {
    const refused = async (request: EverythingInit) => {
      const reply = await postEverything(maskwire.url, request);
      return [reply.status, ((await reply.json()) as EverythingLine).error?.code];
    };
    expect(await refused({ imageId, pointsPerSide: 500 })).toEqual([400, "INVALID_ARGUMENT"]);
    expect(await refused({ imageId: "nonsense" })).toEqual([400, "INVALID_ARGUMENT"]);
    expect(await refused({ imageId: `sha256:${"8".repeat(64)}` })).toEqual([404, "NOT_FOUND"]);
    const reply = await fetch(`${maskwire.url}/v1/everything`, { method: "POST", body: "{" });
    expect(reply.status).toBe(400);
    await reply.body?.cancel();
  });

  it("E1, B5, E9 a caller that hangs up stops the decoder; a second picture meanwhile is 429 with Retry-After", async () => {
    const caller = new AbortController();
    const reply = await postEverything(maskwire.url, { imageId, ...endless }, caller.signal);
    const lines = eventLines(reply);
    await lines.next();
    const busy = await postEverything(maskwire.url, { imageId, ...quick });
    expect([busy.status, Number(busy.headers.get("retry-after")) > 0]).toEqual([429, true]);
    await busy.body?.cancel();
    caller.abort();
    await lines.next().catch(() => {});
    await roomAgain();
  });

  it("E5, R2 has the picture encoded again when its embedding is gone", async () => {
    // Room for one embedding.
    await using small = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_CACHE_BYTES: "3145728" });
    const first = await upload(small.url, await jpegScene(width, height, 801));
    await upload(small.url, await jpegScene(width, height, 802));
    const encodes = () => metric(small.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    expect(await encodes()).toBe(2);
    const request = { ...quick, imageId: first.image?.imageId ?? "" };
    expect((await linesOf(await postEverything(small.url, request))).at(-1)).toHaveProperty("done");
    expect(await encodes()).toBe(3);
  });
});

describe("WebSocket", () => {
  const joined = async () => {
    const client = await SocketClient.join(maskwire.url);
    await client.openReady(imageId);
    return client;
  };
  const begin = (client: SocketClient, value: EverythingInit) => client.send({ case: "everything", value });

  /** Reads on until everything mode's end. @returns it, with the numbers of the clicks answered before. */
  async function untilEnd(client: SocketClient) {
    const following = new Following();
    const clicks: number[] = [];
    for (;;) {
      const { frame } = await client.nextFrame();
      if (frame.case === "segment") clicks.push(frame.value.sequence);
      if (frame.case === "everythingFailed") return { following, clicks, failed: frame.value };
      if (frame.case !== "everything") continue;
      following.hear(frame.value);
      if (following.done) return { following, clicks, failed: undefined };
    }
  }

  it("E2 begins on the open image once it is ready, FAILED_PRECONDITION before; E3 it ends with done", async () => {
    await using client = await SocketClient.join(maskwire.url);
    begin(client, quick);
    expect(await client.next("everythingFailed")).toMatchObject({ code: ErrorCode.FAILED_PRECONDITION });
    await client.openReady(imageId);
    begin(client, { ...quick, imageId: `sha256:${"9".repeat(64)}` });
    expect(await client.next("everythingFailed")).toMatchObject({ code: ErrorCode.FAILED_PRECONDITION });
    begin(client, quick);
    const { following, failed } = await untilEnd(client);
    expect(failed).toBeUndefined();
    expect(following.done?.points).toBe(16);
    for (const annotation of following.kept.values()) checkSa1b(sa1bAnnotation(annotation), width, height, least);
  });

  const other = async () => (await upload(maskwire.url, await jpegScene(width, height, 803))).image?.imageId ?? "";
  it.each<[name: string, end: (client: SocketClient) => void | Promise<void>]>([
    ["cancel_everything", (client) => client.send({ case: "cancelEverything", value: {} })],
    ["another open_image", async (client) => client.open(await other())],
  ])("E3 %s ends it once, CANCELLED, and the decoder stops", async (_name, end) => {
    await using client = await joined();
    begin(client, endless);
    await client.next("everything");
    await end(client);
    expect((await untilEnd(client)).failed?.code).toBe(ErrorCode.CANCELLED);
    await roomAgain();
  });

  it("E3 a newer one ends the one under way, CANCELLED, before it begins itself", async () => {
    await using client = await joined();
    begin(client, endless);
    await client.next("everything");
    begin(client, { ...quick, pointsPerSide: 0 });
    expect((await untilEnd(client)).failed?.code).toBe(ErrorCode.CANCELLED);
    expect(await client.next("everythingFailed")).toMatchObject({ code: ErrorCode.INVALID_ARGUMENT });
    await roomAgain();
  });

  it("B5 stops the decoder when the client leaves", async () => {
    const client = await joined();
    begin(client, endless);
    await client.next("everything");
    client.terminate();
    await client.closed;
    await roomAgain();
  });

  it("E4 clicks go on meanwhile and go first: few batches end between a click and its answer", async () => {
    await using client = await joined();
    begin(client, endless);
    await client.next("everything");
    for (let sequence = 1; sequence <= 5; sequence++) {
      client.segment({ sequence, prompt: disc });
      let batches = 0;
      for (;;) {
        const { frame } = await client.nextFrame();
        if (frame.case === "everything" && frame.value.event.case === "progress") batches++;
        if (frame.case !== "segment") continue;
        expect(frame.value).toMatchObject({ sequence, outcome: { case: "result" } });
        break;
      }
      // The one under way, and what was on its way to this client. There are 4096.
      expect(batches).toBeLessThanOrEqual(4);
    }
    client.send({ case: "cancelEverything", value: {} });
    expect((await untilEnd(client)).failed?.code).toBe(ErrorCode.CANCELLED);
    await roomAgain();
  });
});
