import { expect, it } from "vitest";
import { EverythingMode } from "../../proto/index.js";
import { type EverythingInit, Following, postEverything } from "../support/everything-calls.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const [width, height] = [640, 480];
const quick: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 4 };

it("B4 SIGTERM while it runs, on a WebSocket and over HTTP: both end with done, exit code 0", async () => {
  await using child = await MaskwireProcess.start({
    ...tinyModelEnv({ slowDecodes: true }),
    MASKWIRE_STOP_MS: "60000",
  });
  const imageId = (await upload(child.url, await jpegScene(width, height, 800))).image?.imageId ?? "";
  await using client = await SocketClient.join(child.url);
  await client.openReady(imageId);
  client.send({ case: "everything", value: quick });
  const reply = await postEverything(child.url, { imageId, ...quick });
  await client.next("everything");
  child.signal("SIGTERM");
  const following = new Following();
  while (!following.done) following.hear(await client.next("everything"));
  expect(await client.closed).toMatchObject({ code: 1001 });
  const lines = (await reply.text()).trimEnd().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toHaveProperty("done");
  expect(await child.ended).toMatchObject({ code: 0, signal: null });
});

it("keeps nothing of what is done: memory does not grow from one run to the next", async () => {
  await using maskwire = await startMaskwire(tinyModelEnv());
  const picture = await upload(maskwire.url, await jpegScene(width, height, 800));
  const request = { ...quick, imageId: picture.image?.imageId ?? "" };
  const run = async () => void (await (await postEverything(maskwire.url, request)).text());
  await run();
  await run();
  const before = process.memoryUsage();
  for (let i = 0; i < 6; i++) await run();
  const after = process.memoryUsage();
  expect((after.rss - before.rss) / 2 ** 20).toBeLessThan(150);
});
