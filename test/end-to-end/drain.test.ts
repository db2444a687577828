import { expect, it } from "vitest";
import { DecoderService, EncoderService } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const disc = { points: [clickOn("disc")] };
const refusal = { code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) };

it("R1: a decoder that drains answers what it has and refuses new prompts on open streams, so that others take them", async () => {
  // Far longer than the test: only the refusal ends the wait for a peer that goes on sending.
  await using maskwire = await startMaskwire({
    ...tinyModelEnv({ slowDecodes: true }),
    MASKWIRE_STOP_MS: "600000",
    MASKWIRE_DECODER_WORKERS: "1",
  });
  const { image } = await upload(maskwire.url, await jpegScene(640, 480, 510));
  const imageId = image?.imageId ?? "";
  const rpc = new RpcClient(new URL(maskwire.url).host);
  const call = rpc.duplex(DecoderService.method.segment);
  let sent = 0;
  const send = () => void call.send({ sequence: sent++, imageId, prompt: disc });
  for (let i = 0; i < 8; i++) send();
  let stopped: Promise<void> | undefined;
  const outcomes: string[] = [];
  for await (const { outcome } of call.responses) {
    outcomes.push(outcome.case ?? "");
    stopped ??= maskwire.stop();
    if (outcome.case === "result") send();
    if (outcome.case === "error") expect(outcome.value).toMatchObject(refusal);
    if (outcomes.length === sent) break;
  }
  expect(outcomes.filter((one) => one === "result").length).toBeGreaterThanOrEqual(8);
  expect(outcomes).toContain("error");
  await stopped;
  rpc.close();
});

it("R1: an encoder that drains finishes the picture it has and refuses the next", async () => {
  await using maskwire = await startMaskwire({ ...tinyModelEnv({ slowEncodes: true }), MASKWIRE_STOP_MS: "600000" });
  const rpc = new RpcClient(new URL(maskwire.url).host);
  const encode = async (picture: Uint8Array, onEncoding: () => void = () => {}) => {
    const call = rpc.duplex(EncoderService.method.encode);
    await call.send({ part: { case: "header", value: {} } });
    await call.send({ part: { case: "chunk", value: picture } });
    call.end();
    for await (const { event } of call.responses) {
      if (event.case === "encoding") onEncoding();
      if (event.case === "ready") return event.value;
    }
    throw new Error("no answer");
  };
  const [first, second] = [await jpegScene(640, 480, 511), await jpegScene(640, 480, 512)];
  const order: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const finished = encode(first, () => {
      const stopped = maskwire.stop();
      const refused = expect(encode(second)).rejects.toMatchObject(refusal);
      const ends = [finished.then(() => order.push("finished")), refused.then(() => order.push("refused")), stopped];
      Promise.all(ends).then(() => resolve(), reject);
    });
  });
  expect(order).toEqual(["refused", "finished"]);
  rpc.close();
});
