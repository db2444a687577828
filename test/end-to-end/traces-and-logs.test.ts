import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cluster } from "../support/cluster.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { OtlpReceiver, type ReceivedSpan } from "../support/otlp-receiver.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const segmentRpc = "maskwire.v1.DecoderService/Segment";
const encodeRpc = "maskwire.v1.EncoderService/Encode";

/** Where each span hangs: its name under those of all before it. Services are told where they change. */
function paths(spans: ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const path = (span: ReceivedSpan): string => {
    const parent = byId.get(span.parentId);
    const own = parent && parent.service === span.service ? span.name : `${span.service}: ${span.name}`;
    return parent ? `${path(parent)} > ${own}` : own;
  };
  return spans.map(path).sort();
}

/** What the caller's own tracing would send: a trace that has begun elsewhere. */
function outside() {
  const traceId = randomBytes(16).toString("hex");
  const spanId = randomBytes(8).toString("hex");
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/**
 * The trace as soon as it has as many spans as it is to have: each process sends its own in its own time.
 * @param expected its paths, which are asserted.
 */
async function traceOf(traceId: string, expected: string[]): Promise<ReceivedSpan[]> {
  const spans = await collector.trace(traceId, ({ length }) => length >= expected.length);
  expect(paths(spans)).toEqual([...expected].sort());
  return spans;
}

/**
 * Every span lies within the one it hangs on, and takes its time. Only what a server does once its answer has left may last
 * longer than the call: which of the two processes goes on first is the scheduler's choice.
 */
function expectNested(spans: ReceivedSpan[]): void {
  // Clocks of processes on one machine agree to well under this.
  const slack = 5_000_000n;
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const span of spans) {
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    const parent = byId.get(span.parentId);
    if (parent) expect(span.start + slack, `${span.name} in ${parent.name}`).toBeGreaterThanOrEqual(parent.start);
    if (parent?.service !== span.service) continue;
    expect(span.end, `${span.name} in ${parent.name}`).toBeLessThanOrEqual(parent.end + slack);
  }
}

/** A session with one click. */
async function click(url: string, imageId: string, traceparent: string): Promise<string> {
  await using client = await SocketClient.connect(url);
  const { sessionId } = await client.next("welcome");
  await client.openReady(imageId);
  client.segment({ sequence: 7, prompt: { points: [clickOn("disc")] }, traceparent });
  const { outcome } = await client.next("segment");
  expect(outcome.case).toBe("result");
  return sessionId;
}

async function post(url: string, body: Uint8Array | FormData | string, headers: Record<string, string> = {}) {
  const reply = await fetch(url, { method: "POST", headers, body: body as Uint8Array<ArrayBuffer> });
  const answer = (await reply.json()) as { image?: { imageId: string } };
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${JSON.stringify(answer)}`);
  return { imageId: answer.image?.imageId ?? "", requestId: reply.headers.get("x-request-id") ?? "" };
}

const decoding = (rpc: string) => [
  rpc,
  ...[
    "embedding",
    "queue",
    "worker run",
    "worker run > decode",
    "worker run > mask",
    "worker run > prepare embedding",
  ].map((name) => `${rpc} > ${name}`),
];
const encoding = (rpc: string) => [
  rpc,
  ...["queue", "store", "worker run", "worker run > encode", "worker run > preprocess"].map(
    (name) => `${rpc} > ${name}`,
  ),
];

let collector: OtlpReceiver;
beforeAll(async () => {
  collector = await OtlpReceiver.start();
});
afterAll(() => collector[Symbol.asyncDispose]());

describe("in one process", () => {
  let maskwire: MaskwireProcess;
  beforeAll(async () => {
    maskwire = await MaskwireProcess.start({ ...collector.env, ...tinyModelEnv() });
  });
  afterAll(() => maskwire[Symbol.asyncDispose]());

  it("H10 a click is one trace, from its frame to the model run, within the caller's", async () => {
    const { imageId } = await post(`${maskwire.url}/v1/images`, await jpegScene());
    const caller = outside();
    await click(maskwire.url, imageId, caller.traceparent);
    const spans = await traceOf(caller.traceId, [
      "maskwire: click",
      `maskwire: click > ${segmentRpc}`,
      ...decoding(`maskwire: click > ${segmentRpc} > ${segmentRpc}`),
    ]);
    expect(spans.find(({ name }) => name === "click")?.parentId).toBe(caller.spanId);
    expectNested(spans);
  });

  it("a caller that asks not to be traced is not", async () => {
    const caller = outside();
    const { imageId } = await post(`${maskwire.url}/v1/images`, await jpegScene(640, 480, 2));
    await click(maskwire.url, imageId, caller.traceparent.replace(/01$/, "00"));
    const after = outside();
    await click(maskwire.url, imageId, after.traceparent);
    await collector.trace(after.traceId, (spans) => spans.some(({ name }) => name === "click"));
    expect(collector.spans.filter(({ traceId }) => traceId === caller.traceId)).toEqual([]);
  });
});

describe("in processes of their own", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const env = { ...collector.env, MASKWIRE_LOG_LEVEL: "debug" };
    cluster = await Cluster.start(env, env, { decoders: 1 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("a click whose embedding is gone is one trace over gateway, decoder and encoder", async () => {
    const { url } = cluster.gateway;
    const picture = await jpegScene(640, 480, 3);
    // Named, it goes to its own encoder (H8), which then keeps it beyond the cache's end.
    const imageId = `sha256:${createHash("sha256").update(picture).digest("hex")}`;
    await post(`${url}/v1/images?id=${imageId}`, picture);
    await cluster.redis.flush();
    const caller = outside();
    const body = JSON.stringify({ imageId, prompt: { points: [clickOn("disc")] } });
    await post(`${url}/v1/segment`, body, { traceparent: caller.traceparent });
    const root = "maskwire-gateway: POST /v1/segment";
    const once = "maskwire.v1.DecoderService/SegmentOnce";
    const spans = await traceOf(caller.traceId, [
      root,
      // The decoder has nothing, the encoder shares what it keeps, the decoder is asked again.
      `${root} > ${once}`,
      `${root} > ${once} > maskwire-decoder: ${once}`,
      `${root} > ${encodeRpc}`,
      `${root} > ${encodeRpc} > maskwire-encoder: ${encodeRpc}`,
      `${root} > ${once}`,
      ...decoding(`${root} > ${once} > maskwire-decoder: ${once}`),
    ]);
    expectNested(spans);
  });

  it("an upload is one trace from its first byte to the stored embedding", async () => {
    const caller = outside();
    const headers = { traceparent: caller.traceparent };
    await post(`${cluster.gateway.url}/v1/images`, await jpegScene(640, 480, 4), headers);
    const root = "maskwire-gateway: POST /v1/images";
    const rpc = `${root} > ${encodeRpc} > maskwire-encoder: ${encodeRpc}`;
    const expected = [root, `${root} > ${encodeRpc}`, ...encoding(rpc), `${rpc} > upload`];
    const spans = await traceOf(caller.traceId, expected);
    expectNested(spans);
  });

  it("H9, H10 a session's click is one trace, and the logs of a session say whom they are about and nothing of the picture", async () => {
    const { gateway, encoders, decoders } = cluster;
    const picture = await jpegScene(640, 480, 5);
    const form = new FormData();
    form.set("file", new Blob([picture as Uint8Array<ArrayBuffer>]), "holiday-with-anna.jpg");
    const caller = outside();
    const request = "order-4711";
    const sent = await post(`${gateway.url}/v1/images`, form, { "x-request-id": request });
    expect(sent.requestId).toBe(request);
    const session = await click(gateway.url, sent.imageId, caller.traceparent);
    const asked = `maskwire-gateway: click > ${segmentRpc}`;
    await traceOf(caller.traceId, [
      "maskwire-gateway: click",
      asked,
      ...decoding(`${asked} > maskwire-decoder: ${segmentRpc}`),
    ]);

    const linesOf = (one: MaskwireProcess) =>
      one.stderr
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (processes: MaskwireProcess[], wanted: Record<string, unknown>) =>
      processes.flatMap(linesOf).filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
    const trace = caller.traceId;
    // A line is on its way for a moment.
    await gateway.said(new RegExp(`"session":"${session}".*"msg":"click"`), "stderr");
    await Promise.any(
      decoders.map((one) => one.said(new RegExp(`"trace":"${trace}".*"msg":"prompt decoded"`), "stderr")),
    );
    expect(of([gateway], { msg: "request", request, route: "POST /v1/images", status: 200 })).toHaveLength(1);
    expect(of(encoders, { msg: "picture encoded", request })).toHaveLength(1);
    expect(of([gateway], { msg: "session opened", session })).toHaveLength(1);
    expect(of([gateway], { msg: "click", session, sequence: 7, trace, outcome: "answered" })).toHaveLength(1);
    expect(of(decoders, { msg: "prompt decoded", session, trace })).toHaveLength(1);

    const everything = [gateway, ...encoders, ...decoders].map(({ stderr }) => stderr).join("");
    expect(everything).not.toContain("holiday");
    // Whoever knows the whole id may ask for masks of the picture.
    expect(everything).not.toContain(sent.imageId);
    expect(everything).not.toMatch(/sha256:[0-9a-f]{13}/);
    // Bytes as text, as numbers in JSON, as hex or as base64.
    expect(everything).not.toMatch(/JFIF|"type":"Buffer"|(\d{1,3},){32}|[0-9a-f]{100}|[A-Za-z0-9+/]{100}/);
  });
});
