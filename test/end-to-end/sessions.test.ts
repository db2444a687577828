import { expect, it } from "vitest";
import { DecoderService, ErrorCode } from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { postSegment, segmentOverHttp, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/** As many answers as fill every buffer, and at once. */
const atAnyPace = {
  MASKWIRE_FRAMES_PER_SECOND: "1000000",
  MASKWIRE_FRAME_BYTES_PER_SECOND: "1000000000",
  MASKWIRE_SESSION_WORK_PERCENT: "100",
};

const disc = { points: [clickOn("disc")] };

/** Sessions open here; nobody is behind it, on port 1 of the loopback, to do anything for them. */
const gatewayAlone = {
  MASKWIRE_ROLE: "gateway",
  MASKWIRE_ENCODER_ADDRESS: "127.0.0.1:1",
  MASKWIRE_DECODER_ADDRESSES: "127.0.0.1:1",
};
/** Decodes wait for each other, and last. */
const oneBusyWorker = { ...tinyModelEnv({ slowDecodes: true }), MASKWIRE_DECODER_WORKERS: "1" };

it("B1: a session that does not read its answers is closed with 4409", async () => {
  await using maskwire = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_MAX_BUFFERED_BYTES: "65536",
    ...atAnyPace,
  });
  const picture = await jpegScene(640, 480, 300);
  const id = imageIdOf(picture);
  await upload(maskwire.url, picture);
  await using client = await SocketClient.join(maskwire.url, { form: "text" });
  await client.openReady(id);
  client.pause();
  // Opening the open image is answered at once: enough answers to fill every buffer between the two ends.
  for (let i = 0; i < 60_000; i++) client.open(id);
  await client.sent();
  client.resume();
  expect(await client.closed).toMatchObject({ code: 4409 });
});

it("B2: a session whose client answers no ping is closed with 4408, a silent one that answers stays", async () => {
  await using maskwire = await startMaskwire({ ...gatewayAlone, MASKWIRE_IDLE_MS: "400" });
  await using silent = await SocketClient.join(maskwire.url);
  await using gone = await SocketClient.join(maskwire.url, { answerPings: false });
  expect(await gone.closed).toMatchObject({ code: 4408 });
  for (let pings = 0; pings < 4; pings++) await silent.pinged();
  expect(silent.isOpen).toBe(true);
});

it("B2: a gateway that stands still for a while does not take that for its clients' silence", async () => {
  const idleMs = 400;
  await using maskwire = await startMaskwire({ ...gatewayAlone, MASKWIRE_IDLE_MS: String(idleMs) });
  await using client = await SocketClient.join(maskwire.url);
  await client.pinged();
  // Gateway and client are of this thread.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * idleMs);
  for (let pings = 0; pings < 4; pings++) await client.pinged();
  expect(client.isOpen).toBe(true);
});

it("B3: one session more than there may be is closed with 4429 after the upgrade", async () => {
  await using maskwire = await startMaskwire({ ...gatewayAlone, MASKWIRE_MAX_SESSIONS: "2" });
  await using first = await SocketClient.join(maskwire.url);
  await using second = await SocketClient.join(maskwire.url);
  await using third = await SocketClient.connect(maskwire.url);
  expect(await third.closed).toMatchObject({ code: 4429 });
  second.close();
  await second.closed;
  await using fourth = await SocketClient.join(maskwire.url);
  expect([first.isOpen, fourth.isOpen]).toEqual([true, true]);
});

it("B4: on stop what is under way is answered, sessions are closed with 1001 and new ones refused", async () => {
  await using maskwire = await startMaskwire(oneBusyWorker);
  const { url } = maskwire;
  const picture = await jpegScene(640, 480, 301);
  await upload(url, picture);
  await using client = await SocketClient.join(url);
  await client.openReady(imageIdOf(picture));
  for (const sequence of [1, 2, 3]) client.segment({ sequence, prompt: disc });
  const first = await client.next("segment");
  const stopped = maskwire.stop();
  await expect(SocketClient.connect(url)).rejects.toThrow();
  expect(first.outcome.case).toBe("result");
  for (const sequence of [2, 3]) {
    expect(await client.next("segment")).toMatchObject({ sequence, outcome: { case: "result" } });
  }
  expect(await client.closed).toMatchObject({ code: 1001 });
  await stopped;
});

it("B4: on stop an HTTP request that is under way is answered", async () => {
  await using maskwire = await startMaskwire(oneBusyWorker);
  const { url } = maskwire;
  const picture = await jpegScene(640, 480, 302);
  const imageId = imageIdOf(picture);
  await upload(url, picture);
  const body = JSON.stringify({ imageId, prompt: disc });
  const replies = Array.from({ length: 6 }, () => postSegment(url, body));
  const first = await Promise.race(replies);
  const stopped = maskwire.stop();
  expect(first.status).toBe(200);
  for (const reply of await Promise.all(replies)) {
    expect(reply.status).toBe(200);
    expect(await reply.json()).toHaveProperty("masks");
  }
  await stopped;
});

it("B5: when a client leaves, its waiting prompt is taken out of the decoder's queue", async () => {
  await using maskwire = await startMaskwire(oneBusyWorker);
  const { url } = maskwire;
  const picture = await jpegScene(640, 480, 303);
  const imageId = imageIdOf(picture);
  await upload(url, picture);
  const client = await SocketClient.join(url);
  await client.openReady(imageId);
  const rpc = new RpcClient(new URL(url).host);
  const call = rpc.duplex(DecoderService.method.segment);
  const ahead = 12;
  for (let sequence = 0; sequence < ahead; sequence++) call.send({ sequence, imageId, prompt: disc });
  const answers = call.responses[Symbol.asyncIterator]();
  await answers.next();
  client.segment({ sequence: 1, prompt: disc });
  // Answered by the gateway alone, behind the click: the click is on its way to the decoder.
  client.open(imageId);
  await client.next("image");
  await client[Symbol.asyncDispose]();
  for (let i = 1; i < ahead; i++) expect((await answers.next()).value?.outcome.case).toBe("result");
  call.end();
  expect((await answers.next()).done).toBe(true);
  expect(await metric(maskwire.adminUrl, "maskwire_decoder_queue_depth")).toBe(0);
  const sources = ["worker", "process", "store"].map((source) =>
    metric(maskwire.adminUrl, `maskwire_decodes_total{embedding="${source}"}`),
  );
  expect((await Promise.all(sources)).reduce((sum, count) => sum + count)).toBe(ahead);
  rpc.close();
});

it("R4: a decoder that refuses for overload is passed on with its retry hint", async () => {
  await using maskwire = await startMaskwire({ ...oneBusyWorker, MASKWIRE_DECODER_QUEUE: "2" });
  const { url } = maskwire;
  const picture = await jpegScene(640, 480, 304);
  const imageId = imageIdOf(picture);
  await upload(url, picture);
  const sockets = await Promise.all(Array.from({ length: 8 }, () => SocketClient.join(url)));
  for (const client of sockets) await client.openReady(imageId);
  for (const client of sockets) client.segment({ sequence: 5, prompt: disc });
  const answers = await Promise.all(sockets.map((client) => client.next("segment")));
  const refusals = answers.flatMap(({ outcome }) => (outcome.case === "error" ? [outcome.value] : []));
  expect(refusals.length).toBeGreaterThan(0);
  for (const { code, retryAfterMs, message } of refusals) {
    expect(code).toBe(ErrorCode.RESOURCE_EXHAUSTED);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(message).toMatch(/try again/);
  }
  for (const client of sockets) await client[Symbol.asyncDispose]();
});

it("C8, S3, H6: a session that never saw the earlier clicks makes the mask again from its steps, to the same bits", async () => {
  // One thread: with more the model adds its numbers in another order.
  await using maskwire = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_DECODER_WORKERS: "1",
    MASKWIRE_DECODER_THREADS: "1",
  });
  const picture = await jpegScene(640, 480, 305);
  const imageId = imageIdOf(picture);
  await upload(maskwire.url, picture);
  await using before = await SocketClient.join(maskwire.url);
  await using after = await SocketClient.join(maskwire.url);
  for (const client of [before, after]) await client.openReady(imageId);
  const points = [clickOn("disc"), clickOn("plate"), clickOn("wedge")];
  const clicks = points.map((_, at) => ({ points: points.slice(0, at + 1) }));
  const refine = (sequence: number, steps: object[] = []) => ({
    sequence,
    prompt: {
      ...clicks[sequence - 1],
      mask: { source: { case: "previous" as const, value: { sequence: sequence - 1, mask: 0, steps } } },
    },
  });
  const masksOf = async (client: SocketClient) => {
    const { outcome } = await client.next("segment");
    if (outcome.case !== "result") throw new Error(outcome.value?.message);
    return outcome.value.masks.map(({ rle, lowResLogits }) => ({ rle, lowResLogits }));
  };
  before.segment({ sequence: 1, prompt: { points: points.slice(0, 1) }, multimask: true });
  before.segment(refine(2));
  before.segment(refine(3));
  const [, , kept] = [await masksOf(before), await masksOf(before), await masksOf(before)];

  const steps = [{ prompt: clicks[0], multimask: true, mask: 0 }, { prompt: clicks[1] }];
  after.segment(refine(3, steps));
  expect(await masksOf(after)).toEqual(kept);
  const { masks } = await segmentOverHttp(maskwire.url, { imageId, ...refine(3, steps) });
  expect(masks.map(({ rle, lowResLogits }) => ({ rle, lowResLogits }))).toEqual(kept);
  after.segment({ sequence: 4, prompt: { points }, multimask: false });
  expect(await masksOf(after), "what the earlier masks are good for").not.toEqual(kept);
  // After an undo it starts from an answer that is not the latest any more.
  before.segment(refine(2, steps.slice(0, 1)));
  await masksOf(before);
  before.segment(refine(3, steps));
  expect(await masksOf(before)).toEqual(kept);
  // Without the way to it nothing can be done.
  after.segment(refine(3));
  expect((await after.next("segment")).outcome).toMatchObject({ value: { code: ErrorCode.FAILED_PRECONDITION } });
});
