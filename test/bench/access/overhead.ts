import { findRedisServer, RedisServer } from "../../../services/stores/testing/redis-server.js";
import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { jpegScene } from "../../support/pictures.js";
import { tinyModelEnv } from "../../support/tiny-model.js";
import { atMost, type Outcome } from "../report.js";
import { median, p50p95 } from "../statistics.js";
import { type Guest, guestByRpc, guestBySocket, headersOf } from "./guest.js";
import { Keys } from "./keys.js";

const warmUpRounds = 50;

interface Place {
  /** Whether it asks who comes, and counts what they take; with others where it says so. */
  way: string;
  guests: Record<string, Guest>;
}

/** Warm clicks of who shows a key and has every limit, interleaved with those where nobody is asked. */
export async function overhead(rounds: number, say: (line: string) => void): Promise<Outcome> {
  using keys = new Keys("acme");
  const opened: AsyncDisposable[] = [];
  try {
    return await measure(rounds, say, keys, opened);
  } finally {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  }
}

async function measure(
  rounds: number,
  say: (line: string) => void,
  keys: Keys,
  opened: AsyncDisposable[],
): Promise<Outcome> {
  const places: Place[] = [
    await open(opened, "off", {}, undefined),
    await open(opened, "keys and quotas", keys.env, keys.of("acme")),
  ];
  if (findRedisServer()) {
    const redis = kept(opened, await RedisServer.start());
    const shared = { ...keys.env, MASKWIRE_CACHE_URL: redis.url };
    places.push(await open(opened, "keys and quotas counted with others", shared, keys.of("acme")));
  } else say("there is no redis-server here: what is counted together with others is left out");
  const kinds = Object.keys(places[0]?.guests ?? {});
  const clickMs = new Map(places.flatMap(({ way }) => kinds.map((kind) => [`${way}, ${kind}`, [] as number[]])));
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const kind of kinds) {
      // Each goes first as often as the others.
      for (const at of places.keys()) {
        const { way, guests } = places[(at + round) % places.length] as Place;
        const ms = await (guests[kind] as Guest).click();
        if (round >= warmUpRounds) clickMs.get(`${way}, ${kind}`)?.push(ms);
      }
    }
  }
  /** Each over the one of its own round where nobody was asked: what the machine does meanwhile is in both. */
  const over = (way: string, kind: string) => {
    const off = clickMs.get(`off, ${kind}`) ?? [];
    return median((clickMs.get(`${way}, ${kind}`) ?? []).map((ms, round) => ms - (off[round] as number)));
  };
  const ways = places.map(({ way }) => way).filter((way) => way !== "off");
  return {
    bars: ways.flatMap((way) =>
      kinds.map((kind) => atMost(`${way}, ${kind}: more than off, p50`, over(way, kind), 0.5, "ms")),
    ),
    detail: { rounds, "a warm click, ms": Object.fromEntries([...clickMs].map(([name, ms]) => [name, p50p95(ms)])) },
  };
}

async function open(
  opened: AsyncDisposable[],
  way: string,
  env: Record<string, string>,
  key: string | undefined,
): Promise<Place> {
  const { url } = kept(opened, await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...tinyModelEnv(), ...env }));
  const { image } = await upload(url, await jpegScene(640, 480), {}, headersOf(key));
  const imageId = image?.imageId ?? "";
  const guests = {
    WebSocket: kept(opened, await guestBySocket(url, imageId, key)),
    gRPC: kept(opened, await guestByRpc(url, imageId, key)),
  };
  return { way, guests };
}

/** To be disposed of at the end. */
function kept<T extends AsyncDisposable>(opened: AsyncDisposable[], one: T): T {
  opened.push(one);
  return one;
}
