import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DecoderService,
  EmbeddingSource,
  type EncodeEvent,
  EncodePriority,
  type EncodeRequestSchema,
  EncoderService,
} from "../../proto/index.js";
import { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { createLogger } from "../../services/runtime/logger.js";
import { healthOf, reflect } from "../support/grpc-tools.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { metric, startMaskwire, testSettings } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

type EncodePart = NonNullable<MessageInitShape<typeof EncodeRequestSchema>["part"]>;

const disc = { points: [clickOn("disc")] };
const { encode } = EncoderService.method;
const { segment, segmentOnce } = DecoderService.method;
const chunkBytes = 10_000;

let maskwire: Maskwire;
let rpc: RpcClient;
let picture: Buffer;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire({
    ...tinyModelEnv({ slowEncodes: true, slowDecodes: true }),
    MASKWIRE_DECODER_WORKERS: "1",
    MASKWIRE_GRPC_REFLECTION: "on",
    MASKWIRE_MAX_IMAGE_BYTES: "1000000",
  });
  rpc = new RpcClient(new URL(maskwire.url).host);
  picture = await jpegScene(640, 480, 600);
  imageId = imageIdOf(picture);
});
afterAll(async () => {
  rpc.close();
  await maskwire.stop();
});

/** Sends the parts and collects every event. */
async function runEncode(parts: EncodePart[], signal?: AbortSignal): Promise<EncodeEvent["event"][]> {
  const call = rpc.duplex(encode, { signal });
  for (const part of parts) await call.send({ part });
  call.end();
  const events: EncodeEvent["event"][] = [];
  for await (const { event } of call.responses) events.push(event);
  return events;
}

const header = (value: Extract<EncodePart, { case: "header" }>["value"] = {}): EncodePart => ({
  case: "header",
  value,
});
function chunksOf(bytes: Uint8Array): EncodePart[] {
  const count = Math.ceil(bytes.length / chunkBytes);
  return Array.from({ length: count }, (_, i) => ({
    case: "chunk",
    value: bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  }));
}

/** Every decode that was run. */
async function decodes(): Promise<number> {
  const sources = ["worker", "process", "store"];
  const series = sources.map((one) => metric(maskwire.adminUrl, `maskwire_decodes_total{embedding="${one}"}`));
  return (await Promise.all(series)).reduce((sum, count) => sum + count);
}

describe("EncoderService", () => {
  it("Encode: header and chunks end with ready; again it is cached; a header alone takes the stored picture", async () => {
    const first = await runEncode([header(), ...chunksOf(picture)]);
    expect(first.map((event) => event.case).filter((kind) => kind !== "queued")).toEqual(["encoding", "ready"]);
    expect(first.at(-1)).toMatchObject({
      case: "ready",
      value: { cached: false, model: tinyModelId, image: { imageId, width: 640, height: 480 } },
    });
    for (const parts of [[header(), ...chunksOf(picture)], [header({ imageId })]]) {
      expect(await runEncode(parts)).toMatchObject([{ case: "ready", value: { cached: true, image: { imageId } } }]);
    }
  });

  it("Encode: the header's image_id is checked against the bytes", async () => {
    const other = await jpegScene(640, 480, 601);
    await expect(
      runEncode([header({ imageId: imageIdOf(other) }), ...chunksOf(await jpegScene(64, 64))]),
    ).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringMatching(/digest/),
    });
  });

  it("Encode: what is wrong is refused with a code, a sentence and a reason", async () => {
    const cases: [EncodePart[], object][] = [
      [[{ case: "chunk", value: picture }], { code: Code.INVALID_ARGUMENT, message: /header/ }],
      [[header(), header()], { code: Code.INVALID_ARGUMENT, message: /chunks/ }],
      [[header()], { code: Code.INVALID_ARGUMENT, message: /bytes/ }],
      [[header({ model: "sam9" })], { code: Code.INVALID_ARGUMENT, message: new RegExp(`; ${tinyModelId} is`) }],
      [[header({ imageId: "x" })], { code: Code.INVALID_ARGUMENT, message: /sha256/ }],
      [[header({ imageId: `sha256:${"3".repeat(64)}` })], { code: Code.NOT_FOUND, message: /upload/ }],
      [
        [header(), { case: "chunk", value: Buffer.from("hello") }],
        { code: Code.INVALID_ARGUMENT, reason: "UNSUPPORTED_IMAGE" },
      ],
      [
        [header(), ...chunksOf(new Uint8Array(1_000_001))],
        { code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE" },
      ],
    ];
    for (const [parts, { message, ...rest }] of cases as [EncodePart[], { message?: RegExp }][]) {
      const expected = message ? { ...rest, message: expect.stringMatching(message) } : rest;
      await expect(runEncode(parts), JSON.stringify(rest)).rejects.toMatchObject(expected);
    }
  });

  it("LookupImage: what is known of a picture", async () => {
    const lookup = (id: string) => rpc.unary(EncoderService.method.lookupImage, { imageId: id });
    const unknown = await lookup(`sha256:${"4".repeat(64)}`);
    expect([unknown.stored, unknown.embedded, unknown.image]).toEqual([false, false, undefined]);
    expect(await lookup(imageId)).toMatchObject({ stored: true, embedded: true, image: { width: 640, height: 480 } });
    await expect(lookup("nonsense")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  });

  it("Encode: one picture asked for by many at once is encoded once", async () => {
    const fresh = await jpegScene(640, 480, 602);
    const before = await metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    const all = await Promise.all(Array.from({ length: 6 }, () => runEncode([header(), ...chunksOf(fresh)])));
    for (const events of all) expect(events.at(-1)).toMatchObject({ case: "ready" });
    expect(await metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}')).toBe(before + 1);
  });

  it("Encode: work that everybody has left while it waited is not run", async () => {
    const before = await metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
    const ahead = rpc.duplex(encode);
    const behind = new AbortController();
    const left = rpc.duplex(encode, { signal: behind.signal });
    const begin = async (call: typeof ahead, seed: number) => {
      for (const part of [header(), ...chunksOf(await jpegScene(640, 480, seed))]) await call.send({ part });
      call.end();
      const events = call.responses[Symbol.asyncIterator]();
      return { events, first: (await events.next()).value?.event.case };
    };
    const running = await begin(ahead, 603);
    const waiting = await begin(left, 604);
    expect(waiting.first).toBe("queued");
    behind.abort();
    await expect(waiting.events.next()).rejects.toMatchObject({ code: Code.CANCELLED });
    while (!(await running.events.next()).done);
    await runEncode([header(), ...chunksOf(await jpegScene(640, 480, 605))]);
    expect(await metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}')).toBe(before + 2);
  });

  it("Encode: people go before batches, and one who joins what a batch sent makes it urgent", async () => {
    // Its worker stands still with the first picture until all have been sent, however long that takes.
    const folder = await mkdtemp(join(tmpdir(), "maskwire-line-"));
    const hang = new URL("../support/hang-workers.js", import.meta.url).href;
    const held = { NODE_OPTIONS: `--import=${hang}`, HANG_FOLDER: folder, MASKWIRE_HUNG_MS: "3600000" };
    await using child = await MaskwireProcess.start({ ...tinyModelEnv({ slowEncodes: true }), ...held });
    const holding = join(folder, String(child.pid));
    await writeFile(holding, "");
    const client = new RpcClient(child.address);
    const order: string[] = [];
    const ends: Promise<void>[] = [];
    /** Resolves with the first event; the name is noted when the picture's own encode begins. */
    const send = async (name: string, bytes: Buffer, priority = EncodePriority.UNSPECIFIED) => {
      const call = client.duplex(encode);
      for (const part of [header({ priority }), ...chunksOf(bytes)]) await call.send({ part });
      call.end();
      const events = call.responses[Symbol.asyncIterator]();
      const first = (await events.next()).value?.event;
      const rest = async () => {
        if (first?.case === "encoding") order.push(name);
        for (let next = await events.next(); !next.done; next = await events.next()) {
          if (next.value.event.case === "encoding") order.push(name);
        }
      };
      ends.push(rest());
      return first;
    };
    const pictures = await Promise.all([606, 607, 608, 609, 610].map((seed) => jpegScene(640, 480, seed)));
    const [first, second, batch, joined, person] = pictures as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const placeOf = async (sent: ReturnType<typeof send>) => {
      const event = await sent;
      return event?.case === "queued" ? event.value.position : undefined;
    };
    expect(await send("first", first)).toMatchObject({ case: "encoding" });
    expect(await placeOf(send("second", second))).toBe(1);
    expect(await placeOf(send("batch", batch, EncodePriority.BULK))).toBe(2);
    expect(await placeOf(send("joined", joined, EncodePriority.BULK))).toBe(3);
    expect(await placeOf(send("person", person, EncodePriority.INTERACTIVE))).toBe(2);
    // Behind the other person now, before the batch.
    expect(await placeOf(send("joins", joined))).toBe(3);
    await rm(folder, { recursive: true });
    await Promise.all(ends);
    client.close();
    expect(order.filter((name) => name !== "joins")).toEqual(["first", "second", "person", "joined", "batch"]);
  });
});

describe("DecoderService", () => {
  it("SegmentOnce: one prompt, one result; errors are the call's status", async () => {
    const { sequence, outcome } = await rpc.unary(segmentOnce, { sequence: 3, imageId, prompt: disc });
    expect([sequence, outcome.case]).toEqual([3, "result"]);
    const unknown = { imageId: `sha256:${"5".repeat(64)}`, prompt: disc };
    await expect(rpc.unary(segmentOnce, unknown)).rejects.toMatchObject({ code: Code.NOT_FOUND });
    await expect(rpc.unary(segmentOnce, { imageId, prompt: {} })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
    });
  });

  it("I7 Prepare: the first prompt finds the picture warm", async () => {
    const other = await jpegScene(640, 480, 606);
    await runEncode([header(), ...chunksOf(other)]);
    const fresh = imageIdOf(other);
    const { prepare } = DecoderService.method;
    expect(await rpc.unary(prepare, { imageId: fresh })).toMatchObject({ embeddingSource: EmbeddingSource.STORE });
    expect(await rpc.unary(prepare, { imageId: fresh })).toMatchObject({ embeddingSource: EmbeddingSource.WORKER });
    const { outcome } = await rpc.unary(segmentOnce, { imageId: fresh, prompt: disc });
    expect(outcome).toMatchObject({ case: "result", value: { embeddingSource: EmbeddingSource.WORKER } });
    const unknown = { imageId: `sha256:${"5".repeat(64)}` };
    await expect(rpc.unary(prepare, unknown)).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  it("Segment: every request has one response with its number; an error in one does not end the stream", async () => {
    const call = rpc.duplex(segment);
    const requests = [
      { sequence: 10, imageId, prompt: disc },
      { sequence: 11, imageId, prompt: { points: [{ x: -1, y: -1 }] } },
      { sequence: 12, imageId: "sha256:none", prompt: disc },
      { sequence: 13, imageId, model: "sam9", prompt: disc },
      { sequence: 14, imageId, prompt: { box: { x0: 10, y0: 10, x1: 300, y1: 300 } } },
    ];
    for (const request of requests) await call.send(request);
    call.end();
    const answers = new Map<number, string | undefined>();
    for await (const { sequence, outcome } of call.responses) answers.set(sequence, outcome.case);
    expect([...answers].sort(([a], [b]) => a - b)).toEqual([
      [10, "result"],
      [11, "error"],
      [12, "error"],
      [13, "error"],
      [14, "result"],
    ]);
  });

  it("a deadline and a cancel are honoured, and what they leave in the queue is not run", async () => {
    const before = await decodes();
    const held = 10;
    const call = rpc.duplex(segment);
    for (let sequence = 0; sequence < held; sequence++) call.send({ sequence, imageId, prompt: disc });
    const answers = call.responses[Symbol.asyncIterator]();
    await answers.next();
    const cancel = new AbortController();
    const cancelled = rpc.unary(segmentOnce, { imageId, prompt: disc }, { signal: cancel.signal });
    // Nothing of the service can answer in a millisecond while the worker is held.
    const late = rpc.unary(segmentOnce, { imageId, prompt: disc }, { deadlineMs: 1 });
    await expect(late).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ code: Code.CANCELLED });
    for (let i = 1; i < held; i++) expect((await answers.next()).value?.outcome.case).toBe("result");
    call.end();
    expect((await answers.next()).done).toBe(true);
    expect(await metric(maskwire.adminUrl, "maskwire_decoder_queue_depth")).toBe(0);
    expect(await decodes()).toBe(before + held);
  });
});

describe("health and reflection", () => {
  const services = [EncoderService.typeName, DecoderService.typeName];

  it("every service is SERVING when its model is ready, and an unknown one is NOT_FOUND", async () => {
    for (const service of ["", ...services]) expect(await healthOf(maskwire.url, service)).toBe("SERVING");
    await expect(healthOf(maskwire.url, "maskwire.v1.Nothing")).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  it("is NOT_SERVING before the models are ready and while it stops; /livez answers all the time", async () => {
    const starting = new Maskwire(testSettings(tinyModelEnv()), createLogger("silent"));
    const started = starting.start();
    const readyz = () => fetch(`${starting.url}/readyz`);
    while (starting.host.port === 0) await new Promise(setImmediate);
    for (const service of ["", ...services]) expect(await healthOf(starting.url, service)).toBe("NOT_SERVING");
    expect((await readyz()).status).toBe(503);
    expect((await fetch(`${starting.url}/livez`)).status).toBe(200);
    await started;
    expect((await readyz()).status).toBe(200);
    // T9: nor does it describe itself, unless it is told to.
    await expect(reflect(starting.url, services)).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
    const stopped = starting.stop();
    expect(starting.host.readiness().ready).toBe(false);
    await stopped;
  });

  it("T9: reflection names both services and describes their messages", async () => {
    const symbols = [...services, "maskwire.v1.SegmentRequest", "maskwire.v1.EncodeHeader", "maskwire.v1.Mask"];
    const { services: listed, described } = await reflect(maskwire.url, symbols);
    expect(listed).toEqual(expect.arrayContaining(services));
    expect(described).toEqual(symbols);
  });
});
