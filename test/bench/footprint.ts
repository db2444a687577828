import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { RedisServer } from "../support/redis-server.js";
import { metric } from "../support/start-maskwire.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";

const [width, height] = [4000, 3000];
const pictures = 24;
const clicks = 3;
const MiB = 1024 * 1024;
/** An embedding in half floats and nothing else: the baseline of what one costs in the cache. */
const bareEmbeddingMiB = (256 * 64 * 64 * 2) / MiB;

export const suite: Suite = {
  title: `Memory and traffic of each tier, ${pictures} pictures of 12 megapixels with ${clicks} clicks each`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), "maskwire-footprint-"));
    await using redis = await RedisServer.start();
    const shared = { MASKWIRE_CACHE_URL: redis.url, MASKWIRE_MODEL_CACHE_DIR: folder, MASKWIRE_LOG_LEVEL: "error" };
    const startMs: Record<string, number> = {};
    const start = async (role: string, env: Record<string, string>) => {
      const startedAt = performance.now();
      const started = await MaskwireProcess.start({ MASKWIRE_ROLE: role, ...env });
      startMs[role] = Math.round(performance.now() - startedAt);
      return started;
    };
    await using encoder = await start("encoder", shared);
    await using decoder = await start("decoder", shared);
    await using gateway = await start("gateway", {
      MASKWIRE_ENCODER_ADDRESS: encoder.address,
      MASKWIRE_DECODER_ADDRESSES: decoder.address,
    });
    try {
      const tiers = { encoder, decoder, gateway };
      const idle = await resident(tiers);
      const most = { ...idle };
      const before = await redis.info();
      let fileBytes = 0;
      for (let seed = 0; seed < pictures; seed++) {
        const bytes = await jpegScene(width, height, seed);
        fileBytes += bytes.byteLength;
        const { image } = await upload(gateway.url, bytes);
        const prompt = { points: [clickOn("disc", width, height)] };
        for (let i = 0; i < clicks; i++) await segmentOverHttp(gateway.url, { imageId: image?.imageId ?? "", prompt });
        const now = await resident(tiers);
        for (const tier of tierNames) most[tier] = Math.max(most[tier], now[tier]);
        say(
          `${seed + 1} of ${pictures}: ${tierNames.map((tier) => `${tier} ${Math.round(now[tier])} MiB`).join(", ")}`,
        );
      }
      const after = await redis.info();
      const perPicture = (name: string) => round((Number(after[name]) - Number(before[name])) / pictures / MiB);
      const fileMiB = round(fileBytes / pictures / MiB);
      return report({
        startMs,
        idle,
        most,
        fileMiB,
        heldMiB: perPicture("used_memory"),
        inMiB: perPicture("total_net_input_bytes"),
        outMiB: perPicture("total_net_output_bytes"),
        graphMiB: round((await folderBytes(folder)) / MiB),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const tierNames = ["encoder", "decoder", "gateway"] as const;
type PerTier = Record<(typeof tierNames)[number], number>;

/** MiB of each process. */
async function resident(tiers: Record<(typeof tierNames)[number], MaskwireProcess>): Promise<PerTier> {
  const [encoder, decoder, gateway] = await Promise.all(
    tierNames.map(async (tier) => round((await metric(tiers[tier].adminUrl, "maskwire_resident_memory_bytes")) / MiB)),
  );
  return { encoder, decoder, gateway } as PerTier;
}

async function folderBytes(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true })).map((name) => stat(join(folder, name)));
  return (await Promise.all(files)).reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

interface Measured {
  startMs: Record<string, number>;
  idle: PerTier;
  most: PerTier;
  /** An uploaded file. */
  fileMiB: number;
  /** In Redis, a picture: its file and its embedding. */
  heldMiB: number;
  /** Between Redis and the tiers, a picture with its clicks. */
  inMiB: number;
  outMiB: number;
  graphMiB: number;
}

function report({ startMs, idle, most, fileMiB, heldMiB, inMiB, outMiB, graphMiB }: Measured): Outcome {
  const bareMiB = fileMiB + bareEmbeddingMiB;
  return {
    bars: [
      // Redis's allocator rounds up: the record's header makes an embedding of 2 MiB one of 2.5.
      atMost("Redis memory a picture / file and bare embedding", heldMiB / bareMiB, 1.35, "x"),
      atMost("to Redis a picture / file and bare embedding", inMiB / bareMiB, 1.1, "x"),
    ],
    detail: {
      "start to ready, ms": startMs,
      "resident memory idle, MiB": idle,
      "resident memory at most, MiB": most,
      "a picture, MiB": {
        file: fileMiB,
        bareEmbedding: bareEmbeddingMiB,
        inRedis: heldMiB,
        toRedis: inMiB,
        fromRedis: outMiB,
      },
      "decoder graphs on disk, MiB": graphMiB,
    },
  };
}
