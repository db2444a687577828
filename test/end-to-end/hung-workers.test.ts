import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rendezvousOrder } from "../../gateway/peers/rendezvous.js";
import { DecoderService, EncoderService } from "../../proto/index.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { Cluster } from "../support/cluster.js";
import { watchHealth } from "../support/grpc-tools.js";
import { upload } from "../support/http-calls.js";
import type { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findRedisServer } from "../support/programs.js";
import { SocketClient } from "../support/socket-client.js";
import { metric } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const disc = { points: [clickOn("disc")] };
const hang = new URL("../support/hang-workers.js", import.meta.url).href;

let nextSeed = 900;

/** Which process the gateway prefers for an image. */
function homeOf(imageId: string, processes: MaskwireProcess[]): MaskwireProcess {
  const [first] = rendezvousOrder(
    imageId,
    processes.map(({ address }) => address),
  );
  return processes.find(({ address }) => address === first) as MaskwireProcess;
}

describe.skipIf(!findRedisServer())("N6: a server whose only worker hangs", () => {
  let folder: string;
  let cluster: Cluster;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-hang-"));
    const env = { ...tinyModelEnv(), NODE_OPTIONS: `--import=${hang}`, HANG_FOLDER: folder, MASKWIRE_HUNG_MS: "3000" };
    // On a slow machine five usual encodes take as long as a gateway waits by itself.
    cluster = await Cluster.start({ MASKWIRE_DEADLINE_MS: "200000" }, env);
  }, 120_000);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const fileOf = ({ pid }: MaskwireProcess) => join(folder, String(pid));

  async function openFresh() {
    const picture = await jpegScene(640, 480, nextSeed++);
    const imageId = imageIdOf(picture);
    await upload(cluster.gateway.url, picture);
    const client = await SocketClient.join(cluster.gateway.url);
    await client.openReady(imageId);
    return { imageId, client };
  }

  /**
   * Hangs the process's worker, does `work` meanwhile, and lets it go on.
   * @returns what the process said of its health, until it served again.
   */
  async function outage(hung: MaskwireProcess, service: string, work: () => Promise<void>): Promise<string[]> {
    await writeFile(fileOf(hung), "");
    const done = work();
    const statuses: string[] = [];
    for await (const status of watchHealth(hung.url, service)) {
      statuses.push(status);
      if (status === "NOT_SERVING") {
        expect((await fetch(`${hung.url}/readyz`)).status).toBe(503);
        await done;
        await rm(fileOf(hung));
      } else if (statuses.length > 1) break;
    }
    expect((await fetch(`${hung.url}/readyz`)).status).toBe(200);
    return statuses;
  }

  it("a decoder says NOT_SERVING until one answers, and what it had is asked of another", async () => {
    const { imageId, client } = await openFresh();
    const home = homeOf(imageId, cluster.decoders);
    const answer = async (sequence: number) => {
      client.segment({ sequence, prompt: disc });
      expect((await client.next("segment")).outcome.case).toBe("result");
    };
    await answer(1);
    const statuses = await outage(home, DecoderService.typeName, async () => {
      await answer(2);
      // Nothing new goes where nobody answers.
      await answer(3);
    });
    expect(statuses).toEqual(["SERVING", "NOT_SERVING", "SERVING"]);
    expect(await metric(home.adminUrl, 'maskwire_worker_hangs_total{tier="decoder"}')).toBe(1);
    await answer(4);
    await client[Symbol.asyncDispose]();
  });

  it("so does an encoder", async () => {
    const { imageId, client } = await openFresh();
    const home = homeOf(imageId, cluster.encoders);
    const port = new URL(home.url).port;
    // Its own memory would need no worker.
    home.signal("SIGTERM");
    await home.ended;
    await cluster.redis.remove(":embedding:");
    const restarted = await cluster.startEncoder(port);
    await cluster.seen("encoder", cluster.encoders.length);
    const statuses = await outage(restarted, EncoderService.typeName, async () => {
      await using other = await SocketClient.join(cluster.gateway.url);
      await other.openReady(imageId);
    });
    expect(statuses).toEqual(["SERVING", "NOT_SERVING", "SERVING"]);
    await client[Symbol.asyncDispose]();
  });
});
