import { segmentOverHttp, upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { RedisServer } from "../support/redis-server.js";
import { metric } from "../support/start-maskwire.js";
import { atMost, type Outcome, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

/** The cache goes and comes back so often. */
const turns = 3;
const picturesATurn = 5;
/** At the beginning of each turn, not counted. */
const warmUpPictures = 1;
const warmClicks = 5;

type Phase = "up" | "down";
interface Times {
  first: number[];
  warm: number[];
  upload: number[];
}

export const suite: Suite = {
  title: `clicks on ${turns * picturesATurn} pictures with the cache up and as many with it killed, in ${turns} turns, every tier a process`,
  async run(say): Promise<Outcome> {
    let redis = await RedisServer.start();
    const { port } = redis;
    const shared = { MASKWIRE_CACHE_URL: redis.url, MASKWIRE_LOG_LEVEL: "fatal" };
    const times: Record<Phase, Times> = { up: emptyTimes(), down: emptyTimes() };
    try {
      await using encoder = await MaskwireProcess.start({ ...shared, MASKWIRE_ROLE: "encoder" });
      await using decoder = await MaskwireProcess.start({ ...shared, MASKWIRE_ROLE: "decoder" });
      await using gateway = await MaskwireProcess.start({
        MASKWIRE_ROLE: "gateway",
        MASKWIRE_ENCODER_ADDRESS: encoder.address,
        MASKWIRE_DECODER_ADDRESSES: decoder.address,
      });
      const see = (isUp: number) => Promise.all([encoder, decoder].map(({ adminUrl }) => untilCache(adminUrl, isUp)));
      let seed = 2000;
      for (let turn = 0; turn < turns; turn++) {
        if (turn > 0) redis = await RedisServer.start(port);
        await see(1);
        seed = await clickOnPictures(gateway.url, seed, times.up);
        await redis[Symbol.asyncDispose]();
        await see(0);
        seed = await clickOnPictures(gateway.url, seed, times.down);
        say(`${turn + 1} of ${turns} turns done`);
      }
      return report(times);
    } finally {
      await redis[Symbol.asyncDispose]();
    }
  },
};

const emptyTimes = (): Times => ({ first: [], warm: [], upload: [] });

/** As its own metric says. */
async function untilCache(adminUrl: string, isUp: number): Promise<void> {
  while ((await metric(adminUrl, "maskwire_cache_up")) !== isUp)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Uploads pictures that nobody has seen and clicks on each: first where the decoder has nothing, then where it has all. */
async function clickOnPictures(url: string, seed: number, times: Times): Promise<number> {
  const count = warmUpPictures + picturesATurn;
  for (let index = 0; index < count; index++) {
    const picture = await jpegScene(640, 480, seed + index);
    const [uploadMs, { image }] = await timed(() => upload(url, picture));
    const imageId = image?.imageId ?? "";
    const click = () => timed(() => segmentOverHttp(url, { imageId, prompt: { points: [clickOn("disc")] } }));
    const [firstMs] = await click();
    const warmMs: number[] = [];
    for (let more = 0; more < warmClicks; more++) warmMs.push((await click())[0]);
    if (index < warmUpPictures) continue;
    times.upload.push(uploadMs);
    times.first.push(firstMs);
    times.warm.push(...warmMs);
  }
  return seed + count;
}

async function timed<T>(run: () => Promise<T>): Promise<[ms: number, result: T]> {
  const startedAt = performance.now();
  const result = await run();
  return [performance.now() - startedAt, result];
}

function report({ up, down }: Record<Phase, Times>): Outcome {
  const stages = ({ first, warm, upload: uploads }: Times) => ({
    "first click on a picture": p50p95(first),
    "the next ones": p50p95(warm),
    upload: p50p95(uploads),
  });
  return {
    bars: [
      atMost("a warm click with the cache down, over one with it up", median(down.warm) - median(up.warm), 5, "ms"),
      atMost(
        "a first click with the cache down, over one with it up",
        median(down.first) - median(up.first),
        100,
        "ms",
      ),
    ],
    detail: { "cache up, ms": stages(up), "cache down, ms": stages(down) },
  };
}
