import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EncoderService } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { allLines, eventLines, type HttpError, postSegment, segmentOverHttp, upload } from "../support/http-calls.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { announce, rawRequest } from "../support/raw-request.js";
import { readMetrics, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

const width = 640;
const height = 480;
const maxBytes = 300_000;

describe("HTTP", () => {
  let maskwire: Maskwire;
  let url: string;
  let picture: Buffer;
  let id: string;

  beforeAll(async () => {
    maskwire = await startMaskwire({
      ...tinyModelEnv(),
      MASKWIRE_MAX_IMAGE_BYTES: String(maxBytes),
      MASKWIRE_MAX_IMAGE_PIXELS: "1000000",
    });
    url = maskwire.url;
    picture = await jpegScene(width, height, 1);
    id = imageIdOf(picture);
  });
  afterAll(() => maskwire.stop());

  const post = (body: Uint8Array | FormData | string, headers: Record<string, string> = {}, query = "") =>
    fetch(`${url}/v1/images${query}`, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers });
  const errorOf = async (reply: Response) => ((await reply.json()) as { error: HttpError }).error;

  it("H5: a picture that nobody uploaded is 404, an id that is none 400", async () => {
    const unknown = await fetch(`${url}/v1/images/sha256:${"0".repeat(64)}`);
    expect(unknown.status).toBe(404);
    expect(await errorOf(unknown)).toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/upload/) });
    const malformed = await fetch(`${url}/v1/images/sha256:short`);
    expect(malformed.status).toBe(400);
    expect((await errorOf(malformed)).message).toMatch(/sha256:/);
  });

  it("H1: a raw file is answered with the image, the second time from the cache", async () => {
    const first = await post(picture, { "content-type": "image/jpeg" });
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({
      image: { imageId: id, width, height },
      model: tinyModelId,
      cached: false,
      timings: { encodeMs: expect.any(Number), preprocessMs: expect.any(Number) },
    });
    const second = await post(picture);
    expect(await second.json()).toMatchObject({ image: { imageId: id }, cached: true });
  });

  it("H1: one multipart file field is taken, whatever its name and type", async () => {
    const form = new FormData();
    form.set("anything", new Blob([picture as Uint8Array<ArrayBuffer>], { type: "text/plain" }), "notes.txt");
    const reply = await post(form);
    expect(await reply.json()).toMatchObject({ image: { imageId: id, width, height }, cached: true });
  });

  it("H2: with Accept: application/x-ndjson every event is a line", async () => {
    const fresh = await jpegScene(width, height, 2);
    const reply = await post(fresh, { accept: "application/x-ndjson" });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = await allLines(eventLines(reply));
    expect(lines.map((line) => Object.keys(line)[0]).filter((kind) => kind !== "queued")).toEqual([
      "encoding",
      "ready",
    ]);
    expect(lines.at(-1)).toMatchObject({ ready: { image: { imageId: imageIdOf(fresh) }, cached: false } });
  });

  it("H2: an error is the last line, under status 200", async () => {
    const reply = await post(Buffer.from("not a picture"), { accept: "application/x-ndjson" });
    expect(reply.status).toBe(200);
    const lines = await allLines(eventLines(reply));
    expect(lines).toMatchObject([{ error: { code: "INVALID_ARGUMENT", reason: "UNSUPPORTED_IMAGE" } }]);
  });

  it("H3: what is no picture is 415, what is damaged 422, an empty body 422", async () => {
    const html = await post(Buffer.from("<!doctype html>"), { "content-type": "image/jpeg" });
    expect([html.status, (await errorOf(html)).reason]).toEqual([415, "UNSUPPORTED_IMAGE"]);
    const cut = await post(picture.subarray(0, 60));
    expect([cut.status, (await errorOf(cut)).reason]).toEqual([422, "DAMAGED_IMAGE"]);
    const empty = await post(new Uint8Array(0));
    expect([empty.status, (await errorOf(empty)).reason]).toEqual([422, "DAMAGED_IMAGE"]);
  });

  it("H3: a multipart body without a file, and one that is malformed, are 400", async () => {
    const form = new FormData();
    form.set("name", "value");
    const noFile = await post(form);
    expect(noFile.status).toBe(400);
    expect((await errorOf(noFile)).message).toMatch(/no file/);
    const malformed = await post("no boundary here", { "content-type": "multipart/form-data; boundary=x" });
    expect(malformed.status).toBe(400);
  });

  it("H3: an unknown model is 400 and names those there are", async () => {
    const reply = await post(picture, {}, "?model=sam9");
    expect(reply.status).toBe(400);
    expect((await errorOf(reply)).message).toBe(`The model "sam9" is not served here; ${tinyModelId} is.`);
  });

  it("H3: a picture with too many pixels is 413 and says how many are taken", async () => {
    const reply = await post(await jpegScene(1200, 1000));
    expect(reply.status).toBe(413);
    expect(await errorOf(reply)).toMatchObject({
      reason: "IMAGE_TOO_LARGE",
      message: expect.stringMatching(/1000000/),
    });
  });

  it("H4: an upload announced as too large is refused before a byte of it is sent", async () => {
    const reply = await announce(url, "/v1/images", maxBytes + 1);
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(reply).toMatch(/"IMAGE_TOO_LARGE"/);
  });

  it("H4: an upload of unannounced length is refused while it arrives", async () => {
    // Never ended by the client: only the limit can end it.
    const reply = await rawRequest(url, "/v1/images", function* () {
      yield picture.subarray(0, 100);
      for (let sent = 0; sent <= maxBytes; sent += 50_000) yield Buffer.alloc(50_000, 7);
    });
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("H4: the limit holds for multipart too", async () => {
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(maxBytes + 1)]), "large.jpg");
    const reply = await post(form);
    expect([reply.status, (await errorOf(reply)).reason]).toEqual([413, "IMAGE_TOO_LARGE"]);
  });

  it("H5: a known picture is told with its size; another model's name is refused", async () => {
    await upload(url, picture);
    const known = await fetch(`${url}/v1/images/${id}`);
    expect(await known.json()).toMatchObject({ image: { imageId: id, width, height }, stored: true, embedded: true });
    expect((await fetch(`${url}/v1/images/${id}?model=${tinyModelId}`)).status).toBe(200);
    expect((await fetch(`${url}/v1/images/${id}?model=sam9`)).status).toBe(400);
  });

  it("H7: what was uploaded is never served back", async () => {
    await upload(url, picture);
    for (const path of [`/v1/images/${id}`, `/v1/images/${id}/file`, `/${id}`]) {
      const reply = await fetch(url + path);
      expect(reply.headers.get("content-type") ?? "").not.toMatch(/^image\/|html/);
      expect(Buffer.from(await reply.arrayBuffer()).includes(picture.subarray(0, 64))).toBe(false);
    }
  });

  it("H8: a file with another digest than the one named is 400 and says both; it is known under neither", async () => {
    const other = await jpegScene(width, height, 3);
    const claimed = `sha256:${"2".repeat(64)}`;
    for (const accept of ["application/json", "application/x-ndjson"]) {
      const reply = await post(other, { accept }, `?id=${claimed}`);
      expect(reply.status).toBe(accept.endsWith("ndjson") ? 200 : 400);
      const { code, message } = await errorOf(reply);
      expect(code).toBe("INVALID_ARGUMENT");
      expect(message).toContain(claimed);
      expect(message).toContain(imageIdOf(other));
    }
    for (const id of [claimed, imageIdOf(other)]) expect((await fetch(`${url}/v1/images/${id}`)).status).toBe(404);
    const malformed = await post(other, {}, "?id=sha256:short");
    expect([malformed.status, (await errorOf(malformed)).message]).toEqual([400, expect.stringMatching(/64 hex/)]);
  });

  it("H8: a picture that is named and known is answered while it is still being sent", async () => {
    await upload(url, picture);
    const leave = new AbortController();
    let pieces = 0;
    // One piece, and then nothing for as long as anybody waits.
    const body = new ReadableStream({
      pull: (controller) => (pieces++ === 0 ? controller.enqueue(picture.subarray(0, 9)) : new Promise<void>(() => {})),
    });
    const init = { method: "POST", body, duplex: "half", signal: leave.signal } as RequestInit;
    const reply = await fetch(`${url}/v1/images?id=${id}`, init);
    expect(await reply.json()).toMatchObject({ cached: true, image: { imageId: id } });
    leave.abort();
  });

  it("H11: a priority that is none is 400", async () => {
    const reply = await post(picture, {}, "?priority=high");
    expect([reply.status, (await errorOf(reply)).message]).toEqual([400, expect.stringMatching(/"bulk"; "high"/)]);
    // V9
    expect((await post(picture, {}, "?drafts=yes")).status).toBe(400);
  });

  it("H6: a point on the disc gives its mask", async () => {
    await upload(url, picture);
    const [x, y] = [sceneClicks.disc.x * width, sceneClicks.disc.y * height];
    const reply = await postSegment(url, JSON.stringify({ imageId: id, sequence: 7, prompt: { points: [{ x, y }] } }));
    expect(reply.status).toBe(200);
    const result = (await reply.json()) as { imageId: string; masks: { rle: { size: number[] }; area: number }[] };
    expect(result).toMatchObject({ imageId: id, model: tinyModelId });
    expect(result.masks[0]?.rle.size).toEqual([height, width]);
  });

  const cutOut = (query: string, body: Uint8Array = picture) =>
    fetch(`${url}/v1/cutout${query}`, { method: "POST", body: body as Uint8Array<ArrayBuffer> });

  it("H26: cuts the object out of the picture that is sent, as its mask has it", async () => {
    const [x, y] = [sceneClicks.disc.x * width, sceneClicks.disc.y * height];
    const reply = await cutOut(`?point=${x},${y}`);
    expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "image/png"]);
    const cut = await sharp(Buffer.from(await reply.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { masks } = await segmentOverHttp(url, { imageId: id, prompt: { points: [{ x, y, label: 1 }] } });
    const { bbox, area } = masks[0]!;
    expect(cut.info).toMatchObject({ width: bbox!.width, height: bbox!.height, channels: 4 });
    expect(cut.data.filter((_, at) => at % 4 === 3).filter((alpha) => alpha === 255).length).toBe(area);
    const form = new FormData();
    form.append("file", new Blob([picture as Uint8Array<ArrayBuffer>]));
    const sent = await fetch(`${url}/v1/cutout?point=${x},${y}`, { method: "POST", body: form });
    const again = await sharp(Buffer.from(await sent.arrayBuffer()))
      .raw()
      .toBuffer();
    expect(again.equals(cut.data)).toBe(true);
  });

  it("H7, H26: of who does not send the picture nothing is cut out", async () => {
    await upload(url, picture);
    for (const query of [`?point=1,1&id=${id}`, `?point=1,1&imageId=${id}`]) {
      const reply = await cutOut(query, new Uint8Array());
      expect([reply.status, (await errorOf(reply)).message]).toEqual([422, "The file is empty."]);
    }
    const rpc = new RpcClient(new URL(url).host);
    try {
      const rle = { size: [height, width], counts: "5" };
      const asked = rpc.serverStream(
        EncoderService.method.cutOut,
        { imageId: id, rle },
        { signal: AbortSignal.timeout(60_000) },
      );
      await expect(asked[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
    } finally {
      rpc.close();
    }
  });

  it("H26: says what is wrong with the prompt, the picture or the model", async () => {
    for (const [query, body, status] of [
      ["", picture, 400],
      ["?point=1", picture, 400],
      [`?point=${width + 9},1`, picture, 400],
      ["?point=1,1&model=none", picture, 400],
      ["?point=1,1", Buffer.from("<html>"), 415],
    ] as const) {
      const reply = await cutOut(query, body);
      expect([reply.status, (await errorOf(reply)).message], query).toEqual([status, expect.stringMatching(/\.$/)]);
    }
  });

  it("H6: what is no SegmentRequest is 400, a picture that is not known 404", async () => {
    for (const body of ["", "{", "[]", '{"imageID": 3, "prompt": {}}']) {
      const reply = await postSegment(url, body);
      expect(reply.status, body).toBe(400);
      expect((await errorOf(reply)).code).toBe("INVALID_ARGUMENT");
    }
    const gone = { imageId: `sha256:${"1".repeat(64)}`, prompt: { points: [{ x: 1, y: 1 }] } };
    const reply = await postSegment(url, JSON.stringify(gone));
    expect(reply.status).toBe(404);
    expect((await errorOf(reply)).message).toMatch(/upload/);
  });

  it("answers /livez and /readyz, and /metrics on the operator's port alone", async () => {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      ready: true,
      tiers: { encoder: { ready: true }, decoder: { ready: true } },
    });
    expect(await readMetrics(maskwire.adminUrl)).toMatch(/^maskwire_encodes_total\{outcome="encoded"\} \d/m);
    expect((await fetch(`${maskwire.adminUrl}/readyz`)).status).toBe(200);
    const refused = await fetch(`${url}/metrics`);
    expect(refused.status).toBe(404);
    expect((await errorOf(refused)).message).toMatch(/MASKWIRE_ADMIN_PORT/);
  });
});

describe("HTTP under load and without a tier", () => {
  it("H3: when the encoder's queue is full an upload is 429 with Retry-After, and a repeat succeeds", async () => {
    await using maskwire = await startMaskwire({ ...tinyModelEnv({ slowEncodes: true }), MASKWIRE_ENCODER_QUEUE: "1" });
    const { url } = maskwire;
    const pictures = await Promise.all([10, 11, 12].map((seed) => jpegScene(width, height, seed)));
    const accept = { accept: "application/x-ndjson" };
    const begin = async (index: number) => {
      const body = pictures[index] as Buffer<ArrayBuffer>;
      const lines = eventLines(await fetch(`${url}/v1/images`, { method: "POST", body, headers: accept }));
      return { first: (await lines.next()).value, rest: allLines(lines) };
    };
    const running = await begin(0);
    const waiting = await begin(1);
    expect(waiting.first).toHaveProperty("queued");
    const body = pictures[2] as Buffer<ArrayBuffer>;
    const refused = await fetch(`${url}/v1/images`, { method: "POST", body });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    const { error } = (await refused.json()) as { error: HttpError };
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED", retryAfterMs: expect.any(Number) });
    expect((await running.rest).at(-1)).toHaveProperty("ready");
    expect((await waiting.rest).at(-1)).toHaveProperty("ready");
    expect(await upload(url, body)).toMatchObject({ cached: false });
  });

  it("H3: a lost tier is 503 with Retry-After, in a sentence without addresses", async () => {
    // Nobody listens on port 1 of the loopback.
    await using gateway = await startMaskwire({
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: "127.0.0.1:1",
      MASKWIRE_DECODER_ADDRESSES: "127.0.0.1:1",
      MASKWIRE_DEADLINE_MS: "400",
    });
    const id = `sha256:${"2".repeat(64)}`;
    const picture = (await jpegScene()) as Buffer<ArrayBuffer>;
    const calls: Record<string, () => Promise<Response>> = {
      "POST /v1/images": () => fetch(`${gateway.url}/v1/images`, { method: "POST", body: picture }),
      "GET /v1/images": () => fetch(`${gateway.url}/v1/images/${id}`),
      "POST /v1/segment": () =>
        postSegment(gateway.url, JSON.stringify({ imageId: id, prompt: { points: [{ x: 1, y: 1 }] } })),
    };
    for (const [name, call] of Object.entries(calls)) {
      const reply = await call();
      expect(reply.status, name).toBe(503);
      expect(Number(reply.headers.get("retry-after")), name).toBeGreaterThanOrEqual(1);
      const { error } = (await reply.json()) as { error: HttpError };
      expect(error.code).toBe("UNAVAILABLE");
      expect(error.message, name).not.toMatch(/127\.0\.0\.1|ECONN/);
    }
  });
});
