import { randomUUID } from "node:crypto";
import { type DatasetRoute, datasetRoutes } from "../../../gateway/http/datasets/routes.js";
import { Random } from "../../simulation/random.js";
import { jpegScene } from "../../support/pictures.js";
import type { Attack, Target } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { oddJson } from "../wire/odd-json.js";
import { exchange, head, post, type RawAnswer, tellHttp } from "../wire/raw-http.js";

const lanes = 6;
const [width, height] = [64, 48];
const routes = datasetRoutes.filter(({ path }) => /sequences|tracks/.test(path));

/** A set with a video in it, by what the service calls them. */
interface Video {
  readonly set: string;
  readonly pictures: readonly number[];
  readonly sequence: number;
}

/** Numbers that no id, frame or time is, and some that one may be. */
const oddNumbers: readonly unknown[] = [0, -1, 1.5, 4294967295, 4294967296, "9223372036854775807", "1e99", "x", null];
const oddPaths = ["0", "-1", "1.5", "x", "%00", "9".repeat(300), "9223372036854775807", "18446744073709551616", "null"];

const bodyOf = ({ text }: RawAnswer) => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as Record<string, unknown>;

async function makeVideo({ gateway, from }: Target): Promise<Video> {
  const set = `videos-${randomUUID()}`;
  const ask = async (path: string, body: Uint8Array | string) =>
    bodyOf(await exchange(gateway, from, post(path, body), { lingerMs: 20_000 }));
  await ask("/v1/datasets", JSON.stringify({ name: set, labels: [{ name: "thing" }] }));
  const pictures: number[] = [];
  for (let at = 0; at < 4; at++) {
    const made = await ask(`/v1/datasets/${set}/pictures?name=${at}.jpg`, await jpegScene(width, height, 50 + at));
    pictures.push(Number(made.id));
  }
  const made = await ask(`/v1/datasets/${set}/sequences`, JSON.stringify({ name: "video", frameRate: 25, pictures }));
  if (!made.id) throw new Error(`there is no sequence to attack: ${JSON.stringify(made)}`);
  return { set, pictures, sequence: Number(made.id) };
}

const number = (random: Random, likely: unknown) => (random.below(4) === 0 ? pick(random, oddNumbers) : likely);

/** Pictures, their numbers and times: too many, of others, twice, falling, or not as many of each. */
function frames({ pictures }: Video, random: Random): object {
  const count = pick(random, [0, 1, 4, 5, 500, 20_000, 20_001]);
  const list = (likely: (at: number) => unknown) =>
    Array.from({ length: count }, (_, at) => number(random, likely(at)));
  const factor = pick(random, [1, -1, 0, 200_000]);
  return {
    pictures: count > 500 ? Array(count).fill(pictures[0]) : list((at) => pictures[at % pictures.length]),
    ...(random.below(2) === 0 ? { numbers: list((at) => at * factor) } : {}),
    ...(random.below(2) === 0 ? { timesMs: list((at) => at * factor) } : {}),
  };
}

function masks(random: Random): object {
  const rle = pick<unknown>(random, [
    { counts: "04", size: [height, width] },
    { counts: "", size: [height, width] },
    { counts: "0", size: [1e9, 1e9] },
    { counts: "1".repeat(100_000), size: [height, width] },
    { counts: "~", size: Array(2000).fill(1) },
  ]);
  const objects = pick(random, [0, 1, 16, 17, 3000]);
  const found = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      object: number(random, at),
      state: random.below(6),
      ...(random.below(4) > 0 && { mask: { rle } }),
    }));
  return {
    objects: Array.from({ length: objects }, (_, at) => ({
      object: number(random, at),
      name: pick(random, [`track ${at}`, "same", "", "n".repeat(5000), "\u0000"]),
      label: pick(random, [0, 1, 2, 4294967295]),
    })),
    frames: Array.from({ length: pick(random, [0, 1, 4, 501]) }, (_, at) => ({
      frame: number(random, at),
      objects: found(pick(random, [0, 1, 16, 17])),
    })),
    model: pick(random, ["", "m".repeat(5000)]),
  };
}

/** A request of a route, for the video that is there or for what is not. */
function request(route: DatasetRoute, video: Video, random: Random): Iterable<string | Uint8Array> {
  const { method, path, rpc } = route;
  const named = { dataset: video.set, sequence: video.sequence, track: 1 + random.below(40) };
  const where = `/v1/datasets${path.replace(/:(\w+)/g, (_, name: keyof typeof named) =>
    random.below(6) === 0 ? pick(random, oddPaths) : String(named[name]),
  )}`;
  if (method === "GET" || method === "DELETE") {
    // The video stays, for the others.
    if (method === "DELETE" && path.endsWith(":sequence"))
      return [head(method, where.replace(/\d+$/, "7777777"), { connection: "close" })];
    const query = pick(random, [
      "",
      "?pageSize=4294967295",
      "?pageSize=-1",
      "?page=AAAA",
      "?name=%00",
      "?x=1",
      "?revision=1e9",
    ]);
    return [head(method, where + query, { connection: "close" })];
  }
  const name = pick(random, [`name ${random.below(1e6)}`, "video", "", "n".repeat(5000), "\u0000", "💥"]);
  const known: Partial<Record<string, () => object>> = {
    createSequence: () => ({ name, frameRate: number(random, 25), ...frames(video, random) }),
    addFrames: () => frames(video, random),
    createTrack: () => ({ name, label: number(random, 0) }),
    saveTracks: () => masks(random),
    updateSequence: () => ({ revision: number(random, 1), name, split: pick(random, ["", "train", "x".repeat(3000)]) }),
    updateTrack: () => ({ revision: number(random, 1), name, label: number(random, 1) }),
  };
  const isOdd = random.below(4) === 0;
  const body = isOdd ? oddJson(rpc.input, random) : JSON.stringify(known[rpc.localName]?.() ?? {});
  // One that is announced larger than any may be.
  const length = random.below(30) === 0 ? 2 ** 40 : Buffer.byteLength(body);
  return [head(method, where, { "content-length": length, connection: "close" }), body];
}

export const fuzzSequences: Attack = {
  name: "fuzz-sequences",
  title: "videos of data sets with odd frames, numbers and times, thousands of tracks, and masks that are none",
  setting: "single",
  // As with `fuzz-datasets`, whose stage it shares.
  env: { MASKWIRE_DATABASE_CONNECTIONS: "3" },
  unit: "requests",
  count: 10_000,
  short: 150,
  opensMore: true,
  async run(target, _random, tally) {
    const { gateway, from, seed } = target;
    const video = await makeVideo(target);
    tally.begin();
    const randoms = Array.from({ length: lanes }, (_, lane) => new Random(seed, lane + 1));
    await inParallel(lanes, tally, async (lane) => {
      const random = randoms[lane] as Random;
      tally.try();
      const answer = await exchange(gateway, from, request(pick(random, routes), video, random), {
        lingerMs: tally.patienceMs(random.below(10) === 0 ? 100 : 6000),
      });
      tellHttp(answer, tally);
    });
  },
};
