import { once } from "node:events";
import { connect } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { EncodePriority, type EncodeRequest } from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import { createMetrics } from "../../services/runtime/host-metrics.js";
import { UploadBudget } from "../../services/runtime/limits/upload-budget.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { Callers } from "../callers/callers.js";
import { UploadRate } from "../callers/upload-rate.js";
import { askAt } from "../testing/ask-at.js";
import { type FakeServices, startServices } from "../testing/fake-services.js";
import { imageRoutes } from "./images.js";
import { observeRequests } from "./observe-requests.js";

type Methods = NonNullable<Parameters<typeof startServices>[0]["encoder"]>;
type Encode = NonNullable<Methods["encode"]>;

const maxImageBytes = 300_000;
const imageId = `sha256:${"a".repeat(64)}`;

/** Slow enough for a busy machine, fast enough to wait for. */
const pace = { silenceMs: 400, leastBytesPerSecond: 1000 };

let app: FastifyInstance;
let services: FakeServices;
let door: ReturnType<typeof askAt>;
let logger: ReturnType<typeof fakeLogger>;

async function start(encoder: Methods): Promise<string> {
  services = await startServices({ encoder });
  door = askAt([services.address]);
  logger = fakeLogger();
  app = fastify({ forceCloseConnections: true });
  const metrics = createMetrics();
  metrics.close();
  observeRequests({ http: app, metrics, logger }, new Callers({ trustedProxies: [], logger }));
  const passing = new UploadBudget("passing", 16 * 1024 * 1024);
  const rate = new UploadRate({ perSecond: 1000, burst: 16 * maxImageBytes, metrics });
  await app.register(imageRoutes, { ...door, maxImageBytes, pace, passing, rate });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

afterEach(async () => {
  await app.close();
  door.close();
  await services[Symbol.asyncDispose]();
});

async function readAll(requests: AsyncIterable<EncodeRequest>): Promise<{ model: string; bytes: Buffer }> {
  let model = "";
  const chunks: Uint8Array[] = [];
  for await (const { part } of requests) {
    if (part.case === "header") model = part.value.model;
    if (part.case === "chunk") chunks.push(part.value);
  }
  return { model, bytes: Buffer.concat(chunks) };
}

/** Answers with the number of bytes as the width. */
const measure: Encode = async (requests, send) => {
  const { model, bytes } = await readAll(requests);
  await send({ event: { case: "queued", value: { position: 1, etaMs: 5 } } });
  await send({ event: { case: "encoding", value: {} } });
  await send({ event: { case: "ready", value: { model, image: { imageId, width: bytes.length, height: 1 } } } });
};

const refuse =
  (error: ServiceError): Encode =>
  async () => {
    throw error;
  };

/** A body without an announced length, as long as it is read. */
const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(50_000)) });

const post = (url: string, body: RequestInit["body"], headers: Record<string, string> = {}, path = "/v1/images") =>
  fetch(`${url}${path}`, { method: "POST", body, headers, duplex: "half" } as RequestInit);

const errorOf = async (reply: Response) => ((await reply.json()) as { error: { code: string; reason?: string } }).error;

describe("H1 an upload", () => {
  it("comes as it is, in pieces, whatever type it says", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, new Uint8Array(200_000), { "content-type": "text/nonsense" }, "/v1/images?model=m");
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ image: { imageId, width: 200_000 }, model: "m", cached: false });
  });

  it("comes as one multipart file", async () => {
    const url = await start({ encode: measure });
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(maxImageBytes)]), "x.jpg");
    const reply = await post(url, form);
    expect(await reply.json()).toMatchObject({ image: { width: maxImageBytes } });
  });

  it("is damaged when it is empty", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, new Uint8Array(0));
    expect(reply.status).toBe(422);
    expect(await reply.json()).toMatchObject({ error: { reason: "DAMAGED_IMAGE" } });
  });

  it("answers a multipart body without a file, and one that is cut short", async () => {
    const url = await start({ encode: measure });
    const form = new FormData();
    form.set("name", "value");
    const reply = await post(url, form);
    expect(reply.status).toBe(400);
    const headers = { "content-type": "multipart/form-data; boundary=xx" };
    const head = '--xx\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nabc';
    const cut = await post(url, head, headers);
    expect(cut.status).toBeGreaterThanOrEqual(400);
    expect(cut.status).toBeLessThan(500);
  });
});

describe("H8, H11, V9 what an upload says of itself", () => {
  it.each([
    ["", { imageId: "", priority: EncodePriority.INTERACTIVE, drafts: false }],
    [`?id=${imageId}&drafts=true`, { imageId, priority: EncodePriority.INTERACTIVE, drafts: true }],
    [`?id=${encodeURIComponent(imageId)}&priority=bulk`, { imageId, priority: EncodePriority.BULK }],
  ])("is told to the encoder: %s", async (query, expected) => {
    let header: object | undefined;
    const url = await start({
      async encode(requests, send) {
        for await (const { part } of requests) if (part.case === "header") header = part.value;
        await send({ event: { case: "ready", value: {} } });
      },
    });
    expect((await post(url, new Uint8Array(10), {}, `/v1/images${query}`)).status).toBe(200);
    expect(header).toMatchObject(expected);
  });
});

describe("H2 progress", () => {
  it("is one JSON event a line, then ready", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, new Uint8Array(10), { accept: "application/x-ndjson" });
    expect(reply.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await reply.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ queued: { position: 1 } }, { encoding: {} }, { ready: { image: { width: 10 } } }]);
  });

  it("ends with the error", async () => {
    const url = await start({ encode: refuse(overloaded("Too many pictures.", 900)) });
    const reply = await post(url, new Uint8Array(10), { accept: "application/x-ndjson" });
    expect(reply.status).toBe(200);
    const error = { code: "RESOURCE_EXHAUSTED", message: "Too many pictures.", retryAfterMs: 900 };
    expect(JSON.parse(await reply.text())).toEqual({ error });
  });
});

describe("H3 errors", () => {
  it.each([
    [415, new ServiceError({ code: Code.INVALID_ARGUMENT, message: "No picture.", reason: "UNSUPPORTED_IMAGE" })],
    [422, new ServiceError({ code: Code.INVALID_ARGUMENT, message: "Damaged.", reason: "DAMAGED_IMAGE" })],
    [413, new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message: "Too large.", reason: "IMAGE_TOO_LARGE" })],
    [400, new ServiceError({ code: Code.INVALID_ARGUMENT, message: "There is no model." })],
  ])("are %i with the encoder's sentence", async (status, error) => {
    const url = await start({ encode: refuse(error) });
    const reply = await post(url, new Uint8Array(10));
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error: { message: error.message } });
    expect(logger.lines).toEqual([]);
  });

  it("say when to come back: overload, and an encoder that is lost", async () => {
    const url = await start({ encode: refuse(overloaded("Too many.", 1500)) });
    const busy = await post(url, new Uint8Array(10));
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "2"]);
    services.server.forceShutdown();
    const lost = await post(url, new Uint8Array(10));
    expect([lost.status, lost.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await lost.text()).not.toContain("127.0.0.1");
  });

  it("reach a sender that is still sending", async () => {
    const url = await start({ encode: refuse(overloaded("Too many.", 100)) });
    let pieces = 0;
    // One piece, and then nothing until the answer is there.
    const body = new ReadableStream({
      pull: (controller) => (pieces++ === 0 ? controller.enqueue(new Uint8Array(9)) : new Promise<void>(() => {})),
    });
    const reply = await post(url, body);
    expect(reply.status).toBe(429);
    expect(await reply.json()).toMatchObject({ error: { retryAfterMs: 100 } });
  });
});

describe("H4 the limit on bytes", () => {
  const never: Encode = async (requests) => {
    await readAll(requests);
  };

  it("refuses what is announced before it is sent", async () => {
    const url = await start({ encode: never });
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("POST /v1/images HTTP/1.1\r\nHost: x\r\nContent-Length: 300001\r\n\r\n");
    const [head] = await once(socket, "data");
    expect(String(head)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("holds while an upload of unknown length arrives", async () => {
    const url = await start({ encode: never });
    const reply = await post(url, endless());
    expect(reply.status).toBe(413);
    expect(await reply.json()).toMatchObject({ error: { reason: "IMAGE_TOO_LARGE" } });
  });

  it("holds for a multipart file", async () => {
    const url = await start({ encode: never });
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(maxImageBytes + 1)]), "x.jpg");
    const reply = await post(url, form);
    expect(reply.status).toBe(413);
  });
});

describe("H16 what comes with a file", () => {
  const boundary = { "content-type": "multipart/form-data; boundary=xx" };
  const field = (name: string, value: string) =>
    `--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = '--xx\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nabc\r\n--xx--\r\n';

  it("may be some fields", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, field("a", "1") + field("b", "2".repeat(3000)) + file, boundary);
    expect(await reply.json()).toMatchObject({ image: { width: 3 } });
  });

  it("may follow it", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, file.replace("--xx--\r\n", `${field("a", "1")}--xx--\r\n`), boundary);
    expect(await reply.json()).toMatchObject({ image: { width: 3 } });
  });

  it("is refused past its limits, in number and in bytes, without being kept", async () => {
    const url = await start({ encode: measure });
    const many = await post(url, Array.from({ length: 40 }, (_, at) => field(`f${at}`, "1")).join("") + file, boundary);
    expect([many.status, (await errorOf(many)).code]).toEqual([400, "INVALID_ARGUMENT"]);
    // Fields without an end, as large as the sender likes.
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from(field("f", "").trimEnd())),
      pull: (controller) => controller.enqueue(Buffer.alloc(50_000, "x")),
    });
    const large = await post(url, body, boundary);
    expect([large.status, (await errorOf(large)).reason]).toEqual([413, "IMAGE_TOO_LARGE"]);
  });

  it.each(["multipart/form-data", "multipart/form-data; boundary="])("%s has no boundary", async (type) => {
    const url = await start({ encode: measure });
    const reply = await post(url, file, { "content-type": type });
    expect([reply.status, (await errorOf(reply)).code]).toEqual([400, "INVALID_ARGUMENT"]);
  });
});

describe("H17 an upload's time", () => {
  /** So many bytes every so often. */
  const dripping = (bytes: number, everyMs: number, drops: number) => {
    let count = 0;
    return new ReadableStream({
      async pull(controller) {
        if (count++ === drops) return controller.close();
        if (count > 1) await new Promise((resolve) => setTimeout(resolve, everyMs));
        controller.enqueue(new Uint8Array(bytes));
      },
    });
  };

  it("is its own while it moves, several times the silence that it may keep", async () => {
    const url = await start({ encode: measure });
    const reply = await post(url, dripping(500, 100, 16));
    expect(await reply.json()).toMatchObject({ image: { width: 8000 } });
  });

  it.each([
    ["silent", () => dripping(9, 60_000, 2)],
    ["a trickle", () => dripping(5, 50, 10_000)],
  ])("ends when it is %s, with 408 or a line that says so", async (_what, body) => {
    const url = await start({ encode: measure });
    const slow = await post(url, body());
    expect(slow.status).toBe(408);
    expect(await slow.json()).toMatchObject({ error: { code: "DEADLINE_EXCEEDED", reason: "UPLOAD_TOO_SLOW" } });
    const lines = await post(url, body(), { accept: "application/x-ndjson" });
    expect(JSON.parse((await lines.text()).trim().split("\n").at(-1) ?? "")).toMatchObject({
      error: { reason: "UPLOAD_TOO_SLOW" },
    });
  });

  it("does not run while the encoder takes nothing", async () => {
    let began = () => {};
    const isFull = new Promise<void>((resolve) => {
      began = resolve;
    });
    const url = await start({
      async encode(requests, send) {
        const parts = requests[Symbol.asyncIterator]();
        await parts.next();
        // Longer than a sender may be silent, with its bytes before the door.
        began();
        await new Promise((resolve) => setTimeout(resolve, 3 * pace.silenceMs));
        let bytes = 0;
        for (let next = await parts.next(); !next.done; next = await parts.next()) {
          if (next.value.part.case === "chunk") bytes += next.value.part.value.byteLength;
        }
        await send({ event: { case: "ready", value: { image: { imageId, width: bytes, height: 1 } } } });
      },
    });
    const sent = post(url, new Uint8Array(maxImageBytes));
    await isFull;
    expect(await (await sent).json()).toMatchObject({ image: { width: maxImageBytes } });
  });
});

describe("H19 what one caller uploads", () => {
  it("is refused beyond its rate before it is read, with the time after which it is taken", async () => {
    const url = await start({ encode: measure });
    const body = Buffer.alloc(maxImageBytes, 7);
    const post = () => fetch(`${url}/v1/images`, { method: "POST", body });
    for (let uploads = 0; uploads < 16; uploads++) expect((await post()).status).toBe(200);
    const refused = await post();
    const { error } = (await refused.json()) as { error: { code: string; retryAfterMs: number } };
    expect([refused.status, error.code]).toEqual([429, "RESOURCE_EXHAUSTED"]);
    // The rate here is of 1000 bytes a second, and some came back while these were sent.
    expect(error.retryAfterMs).toBeLessThanOrEqual(maxImageBytes);
    expect(error.retryAfterMs).toBeGreaterThan(maxImageBytes / 2);
    expect(Number(refused.headers.get("retry-after"))).toBe(Math.ceil(error.retryAfterMs / 1000));
    // What is not one, or not needed, counts for nothing.
    expect((await fetch(`${url}/v1/images/${imageId}`)).status).not.toBe(429);
  });

  it("counts as much as came of unknown length, and nothing that was refused or not needed", async () => {
    const url = await start({
      encode: async (_requests, send) => void (await send({ event: { case: "ready", value: { cached: true } } })),
    });
    const chunks = () => new Blob([Buffer.alloc(200_000, 7)]).stream();
    for (let uploads = 0; uploads < 40; uploads++) {
      const large = await fetch(`${url}/v1/images`, { method: "POST", body: Buffer.alloc(maxImageBytes + 1) });
      expect(large.status).toBe(413);
    }
    const answer = await fetch(`${url}/v1/images`, { method: "POST", body: chunks(), duplex: "half" } as RequestInit);
    expect(answer.status).toBe(200);
  });
});

describe("B5 a sender that hangs up", () => {
  it.each(["application/json", "application/x-ndjson"])("ends the encode, without a log line (%s)", async (accept) => {
    let began = () => {};
    const isUnderWay = new Promise<void>((resolve) => {
      began = resolve;
    });
    let ended = () => {};
    const isCancelled = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const url = await start({
      async encode(requests, _send, { signal }) {
        signal.addEventListener("abort", () => ended());
        for await (const { part } of requests) if (part.case === "chunk") began();
      },
    });
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`POST /v1/images HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\nContent-Length: 1000\r\n\r\nhalf`);
    await isUnderWay;
    socket.destroy();
    await isCancelled;
    // The route is done once the app closes without being forced.
    await new Promise(setImmediate);
    expect(logger.lines).toEqual([]);
  });

  it("after its last byte ends the encode too", async () => {
    let ended = () => {};
    const isCancelled = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const hangUp = new AbortController();
    const url = await start({
      async encode(requests, _send, { signal }) {
        await readAll(requests);
        signal.addEventListener("abort", () => ended());
        hangUp.abort();
        if (!signal.aborted) await once(signal, "abort");
        signal.throwIfAborted();
      },
    });
    const sent = fetch(`${url}/v1/images`, { method: "POST", body: new Uint8Array(10), signal: hangUp.signal });
    await expect(sent).rejects.toThrow();
    await isCancelled;
    expect(logger.lines).toEqual([]);
  });
});

describe("H5 GET /v1/images/{id}", () => {
  it("tells a picture's size, and 404 or 400 otherwise", async () => {
    const url = await start({
      lookupImage: async ({ imageId: id }) =>
        id === imageId ? { stored: true, embedded: false, image: { imageId: id, width: 4, height: 3 } } : {},
    });
    const found = await fetch(`${url}/v1/images/${imageId}`);
    expect(await found.json()).toMatchObject({ stored: true, embedded: false, image: { width: 4, height: 3 } });
    const missing = await fetch(`${url}/v1/images/sha256:${"b".repeat(64)}`);
    expect(missing.status).toBe(404);
    const wrong = await fetch(`${url}/v1/images/picture`);
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: { code: "INVALID_ARGUMENT" } });
  });
});
