import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecoderService, EncoderService } from "../../proto/index.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

/** In the manifest, and not what this process serves. */
const other = Manifest.read().defaultId;
const sentence = `The model "${other}" is not served here; ${tinyModelId} is.`;
const points = [{ x: 300, y: 200 }];

let maskwire: Maskwire;
let rpc: RpcClient;
let picture: Buffer;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire(tinyModelEnv());
  rpc = new RpcClient(new URL(maskwire.url).host);
  picture = await jpegScene(600, 400);
  imageId = (await upload(maskwire.url, picture)).image?.imageId ?? "";
});
afterAll(async () => {
  rpc?.close();
  await maskwire?.stop();
});

const post = (path: string, body: unknown) =>
  fetch(`${maskwire.url}${path}`, { method: "POST", body: JSON.stringify(body) });

describe("a model of the manifest that is not served is refused by name", () => {
  const doors: Record<string, () => Promise<Response>> = {
    "an upload": () =>
      fetch(`${maskwire.url}/v1/images?model=${other}`, { method: "POST", body: picture as Uint8Array<ArrayBuffer> }),
    "a look-up": () => fetch(`${maskwire.url}/v1/images/${imageId}?model=${other}`),
    "a prompt": () => post("/v1/segment", { imageId, model: other, prompt: { points } }),
    "everything mode": () => post("/v1/everything", { imageId, model: other }),
    "an embedding": () => fetch(`${maskwire.url}/v1/images/${imageId}/embedding?model=${other}`),
    "a decoder's graphs": () => fetch(`${maskwire.url}/v1/models/${other}/decoder`),
    "a decoder's graph": () => fetch(`${maskwire.url}/v1/models/${other}/decoder/${"a".repeat(64)}.onnx`),
  };

  it.each(Object.entries(doors))("over HTTP: %s", async (_name, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "INVALID_ARGUMENT", message: sentence } });
  });

  it("in a session", async () => {
    await using socket = await SocketClient.join(maskwire.url);
    socket.send({ case: "openImage", value: { imageId, model: other } });
    expect(await socket.next("image")).toMatchObject({ event: { case: "failed", value: { message: sentence } } });
  });

  const refusal = { code: Code.INVALID_ARGUMENT, message: sentence };
  const drain = async (events: AsyncIterable<unknown>) => {
    for await (const _ of events);
  };

  it("over gRPC", async () => {
    const { encode, lookupImage, fetchEmbedding } = EncoderService.method;
    const { segmentOnce, prepare, segmentEverything, describeGraphs } = DecoderService.method;
    const upload = async () => {
      const call = rpc.duplex(encode);
      await call.send({ part: { case: "header", value: { model: other } } });
      await drain(call.responses);
    };
    const calls = [
      upload(),
      rpc.unary(lookupImage, { imageId, model: other }),
      drain(rpc.serverStream(fetchEmbedding, { imageId, model: other })),
      rpc.unary(segmentOnce, { imageId, model: other, prompt: { points } }),
      rpc.unary(prepare, { imageId, model: other }),
      drain(rpc.serverStream(segmentEverything, { imageId, model: other })),
      rpc.unary(describeGraphs, { model: other }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject(refusal);
  });

  it("is served by its own name, and by none", async () => {
    for (const model of ["", tinyModelId]) {
      const { masks } = await segmentOverHttp(maskwire.url, { imageId, model, prompt: { points } });
      expect(masks.length).toBeGreaterThan(0);
    }
  });
});

describe("a digest in upper case means the same picture", () => {
  const shouted = () => imageId.toUpperCase();

  it("over HTTP, and comes back in lower case", async () => {
    for (const id of [shouted(), `sha256:${imageId.slice(7).toUpperCase()}`]) {
      const { image, cached } = await upload(maskwire.url, picture, { id });
      expect([image?.imageId, cached]).toEqual([imageId, true]);
      const known = await fetch(`${maskwire.url}/v1/images/${id}`);
      expect(await known.json()).toMatchObject({ embedded: true, image: { imageId } });
      expect((await segmentOverHttp(maskwire.url, { imageId: id, prompt: { points } })).imageId).toBe(imageId);
      const embedding = await fetch(`${maskwire.url}/v1/images/${id}/embedding`);
      expect([embedding.status, (await embedding.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
      const lines = await (await post("/v1/everything", { imageId: id, pointsPerSide: 1 })).text();
      expect(JSON.parse(lines.trim().split("\n").at(-1) ?? "")).toMatchObject({ done: { image: { imageId } } });
    }
  });

  it("in a session, in its prompts too", async () => {
    await using socket = await SocketClient.join(maskwire.url);
    socket.send({ case: "openImage", value: { imageId: shouted() } });
    for (let ready = false; !ready; ) {
      const news = await socket.next("image");
      expect(news.imageId).toBe(imageId);
      ready = news.event.case === "ready";
    }
    socket.send({ case: "segment", value: { sequence: 1, imageId: shouted(), prompt: { points } } });
    expect(await socket.next("segment")).toMatchObject({ outcome: { case: "result", value: { imageId } } });
  });

  it("over gRPC", async () => {
    const { segmentOnce } = DecoderService.method;
    expect(await rpc.unary(segmentOnce, { imageId: shouted(), prompt: { points } })).toMatchObject({
      outcome: { value: { imageId } },
    });
    await expect(rpc.unary(segmentOnce, { imageId: "sha256:1" })).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
    });
  });
});
