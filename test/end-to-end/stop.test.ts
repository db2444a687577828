import { expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/** More clicks at once than a session may send: what is asked is how they end. */
const atAnyPace = { MASKWIRE_FRAMES_PER_SECOND: "1000000", MASKWIRE_SESSION_WORK_PERCENT: "100" };

const disc = { points: [clickOn("disc")] };

async function startBusy(env: Record<string, string> = {}) {
  const child = await MaskwireProcess.start({
    ...tinyModelEnv({ slowDecodes: true }),
    MASKWIRE_DECODER_WORKERS: "1",
    ...env,
  });
  const picture = await jpegScene(640, 480, 500);
  const imageId = imageIdOf(picture);
  await upload(child.url, picture);
  const client = await SocketClient.join(child.url);
  await client.openReady(imageId);
  return { child, client, imageId };
}

it("B4: SIGTERM while clicks and calls over gRPC run: they are answered, the session is closed with 1001, exit code 0", async () => {
  const { child, client, imageId } = await startBusy();
  const rpc = new RpcClient(child.address);
  for (const sequence of [1, 2, 3, 4]) client.segment({ sequence, prompt: disc });
  const calls = Array.from({ length: 4 }, (_, sequence) =>
    rpc.unary(DecoderService.method.segmentOnce, { sequence, imageId, prompt: disc }),
  );
  await Promise.all([client.next("segment"), Promise.race(calls)]);
  child.signal("SIGTERM");
  for (const sequence of [2, 3, 4]) {
    expect(await client.next("segment")).toMatchObject({ sequence, outcome: { case: "result" } });
  }
  for (const { outcome } of await Promise.all(calls)) expect(outcome.case).toBe("result");
  expect(await client.closed).toMatchObject({ code: 1001 });
  expect(await child.ended).toMatchObject({ code: 0, signal: null });
  rpc.close();
});

it("a second signal ends the wait", async () => {
  // Far more work than the test may take; the wait for it alone would end it.
  const { child, client } = await startBusy({
    ...atAnyPace,
    MASKWIRE_STOP_MS: "600000",
    MASKWIRE_MAX_WAITING_CLICKS: "10000",
    MASKWIRE_DECODER_THREADS: "1",
  });
  const clicks = 5000;
  for (let sequence = 1; sequence <= clicks; sequence++) client.segment({ sequence, prompt: disc });
  await client.next("segment");
  // Two signals that come together are one to the operating system: the first must have been heard.
  const heard = child.line(/"msg":"stopping"/, "stderr");
  child.signal("SIGTERM");
  await heard;
  child.signal("SIGTERM");
  expect(await client.closed).toMatchObject({ code: 1001 });
  expect(await child.ended).toMatchObject({ code: 0, signal: null });
});

it("the wait is bounded by MASKWIRE_STOP_MS", async () => {
  const { child, client } = await startBusy({
    ...atAnyPace,
    MASKWIRE_STOP_MS: "300",
    MASKWIRE_MAX_WAITING_CLICKS: "10000",
  });
  for (let sequence = 1; sequence <= 5000; sequence++) client.segment({ sequence, prompt: disc });
  await client.next("segment");
  child.signal("SIGINT");
  expect(await client.closed).toMatchObject({ code: 1001 });
  expect(await child.ended).toMatchObject({ code: 0, signal: null });
});
