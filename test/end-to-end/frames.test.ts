import { dirname } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { ErrorCode } from "../../proto/index.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { jpegScene } from "../support/pictures.js";
import { RedisServer } from "../support/redis-server.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, recordingLogger, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

const encodes = 'maskwire_encodes_total{outcome="encoded"}';
const prompt = { points: [{ x: 300, y: 200 }] };
const opened: AsyncDisposable[] = [];
const open = <Opened extends AsyncDisposable>(one: Opened): Opened => {
  opened.push(one);
  return one;
};
let picture: Buffer;
let manifest: Manifest;

beforeAll(async () => {
  picture = await jpegScene(640, 400, 1);
  const { MASKWIRE_MODELS_FILE } = tinyModelEnv();
  const own = Manifest.read().withOwn(MASKWIRE_MODELS_FILE);
  const entry = own.entries.find(({ id }) => id === tinyModelId);
  if (!entry) throw new Error("the tiny model is not there");
  // It cannot be rewritten, which its manifest does not know.
  const preprocess = { ...entry.preprocess, frames: ["full" as const, "picture" as const] };
  manifest = new Manifest({ default: tinyModelId, models: [{ ...entry, preprocess }] }, dirname(MASKWIRE_MODELS_FILE));
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

it("encodes the whole frame, and says so, where a graph cannot be rewritten for the picture's", async () => {
  const { logger, lines } = recordingLogger();
  const maskwire = open(await startMaskwire({}, { manifest, logger }));
  const { image } = await upload(maskwire.url, picture);
  const result = await segmentOverHttp(maskwire.url, { imageId: image?.imageId ?? "", prompt });
  expect(result.masks[0]?.area).toBeGreaterThan(0);
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: "serving the stock encoder, which encodes the whole frame and is slower",
      reason: expect.stringContaining("looked for attention in windows"),
    }),
  );
  expect(maskwire.host.readiness().tiers.encoder).toMatchObject({ models: { [tinyModelId]: { takesFrames: false } } });
});

it("R10 says which setting differs between encoder and decoder, and encodes once", async () => {
  const redis = open(await RedisServer.start());
  const shared = { MASKWIRE_CACHE_URL: redis.url };
  const encoder = open(
    await startMaskwire({ ...shared, MASKWIRE_ROLE: "encoder", MASKWIRE_ENCODER_FRAME: "full" }, { manifest }),
  );
  const decoder = open(await startMaskwire({ ...shared, MASKWIRE_ROLE: "decoder" }, { manifest }));
  const gateway = open(
    await startMaskwire({
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: new URL(encoder.url).host,
      MASKWIRE_DECODER_ADDRESSES: new URL(decoder.url).host,
    }),
  );
  const { image } = await upload(gateway.url, picture);
  const socket = open(await SocketClient.join(gateway.url));
  await socket.openReady(image?.imageId ?? "");
  for (const sequence of [1, 2]) {
    socket.segment({ sequence, prompt });
    const { outcome } = await socket.next("segment");
    expect(outcome).toMatchObject({
      case: "error",
      value: {
        code: ErrorCode.FAILED_PRECONDITION,
        message:
          "The encoder and the decoder are set to different frames: MASKWIRE_ENCODER_FRAME has to be the same for both.",
      },
    });
  }
  expect(await metric(encoder.adminUrl, encodes)).toBe(1);
});
