import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { uploadPath } from "../../web-client/sdk/upload/upload-path.js";
import { commandLine } from "../support/command-line.js";
import { CountingProxy } from "../support/counting-proxy.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const [width, height] = [1200, 900];
/** Of requests that carry no picture. */
const fewBytes = 4096;

/** Who has sent a picture has sent it for everybody: look-up goes before upload. */
describe("bytes that the second person sends", () => {
  let maskwire: Maskwire;
  let folder: string;

  beforeAll(async () => {
    maskwire = await startMaskwire(tinyModelEnv());
    folder = await mkdtemp(join(tmpdir(), "maskwire-upload-"));
  });
  afterAll(async () => {
    await maskwire?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  /** As the page does it: open, and only when it is missing send it and open it again. Then a click. */
  async function workOn(picture: Buffer): Promise<{ seen: string[]; sent: number }> {
    await using proxy = await CountingProxy.before(maskwire.url);
    await using client = await SocketClient.join(proxy.url);
    const imageId = imageIdOf(picture);
    client.open(imageId);
    const { event } = await client.next("image");
    const seen = [event.case ?? ""];
    if (event.case === "missing") {
      const body = picture as Buffer<ArrayBuffer>;
      const reply = await fetch(`${proxy.url}/${uploadPath({ imageId })}`, { method: "POST", body });
      expect(await reply.json()).toMatchObject({ image: { imageId } });
      await client.openReady(imageId);
    }
    client.segment({ sequence: 1, imageId, prompt: { points: [clickOn("disc", width, height)] } });
    expect((await client.next("segment")).outcome.case).toBe("result");
    return { seen, sent: proxy.sent };
  }

  it("are none of the picture's over the WebSocket", async () => {
    const picture = await jpegScene(width, height, 940);
    const first = await workOn(picture);
    expect(first.seen).toEqual(["missing"]);
    expect(first.sent).toBeGreaterThan(picture.byteLength);
    const second = await workOn(picture);
    expect(second.seen).toEqual(["ready"]);
    expect(second.sent).toBeLessThan(fewBytes);
    expect(picture.byteLength).toBeGreaterThan(10 * fewBytes);
  });

  it("are none of the picture's from the command line", async () => {
    const picture = await jpegScene(width, height, 941);
    const photo = join(folder, "photo.jpg");
    await writeFile(photo, picture);
    const command = async () => {
      await using proxy = await CountingProxy.before(maskwire.url);
      const args = ["segment", photo, "--point", "10,10", "--url", proxy.url];
      const { code, stderr } = await commandLine(args, { cwd: folder });
      expect([code, stderr]).toEqual([0, ""]);
      return proxy.sent;
    };
    expect(await command()).toBeGreaterThan(picture.byteLength);
    expect(await command()).toBeLessThan(fewBytes);
  });
});
