import { findRedisServer, RedisServer } from "../../../services/stores/testing/redis-server.js";
import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { jpegScene } from "../../support/pictures.js";
import { tinyModelEnv } from "../../support/tiny-model.js";
import type { Outcome } from "../report.js";
import { guestByRpc, guestBySocket, headersOf } from "./guest.js";
import { Keys } from "./keys.js";
import { comparePlaces, Opened, type Place } from "./places.js";

/** Warm clicks of who shows a key and has every limit, interleaved with those where nobody is asked. */
export async function overhead(rounds: number, say: (line: string) => void): Promise<Outcome> {
  using keys = new Keys("acme");
  await using opened = new Opened();
  const places = [
    await open(opened, "off", {}, undefined),
    await open(opened, "keys and quotas", keys.env, keys.of("acme")),
  ];
  if (findRedisServer()) {
    const redis = opened.add(await RedisServer.start());
    const shared = { ...keys.env, MASKWIRE_CACHE_URL: redis.url };
    places.push(await open(opened, "keys and quotas counted with others", shared, keys.of("acme")));
  } else say("there is no redis-server here: what is counted together with others is left out");
  // Awaited here: what is open is closed on return.
  return await comparePlaces(places, rounds, 0.5);
}

async function open(opened: Opened, way: string, env: Record<string, string>, key: string | undefined): Promise<Place> {
  const { url } = opened.add(
    await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...tinyModelEnv({ allCores: true }), ...env }),
  );
  const { image } = await upload(url, await jpegScene(640, 480), {}, headersOf(key));
  const imageId = image?.imageId ?? "";
  const guests = {
    WebSocket: opened.add(await guestBySocket(url, imageId, key)),
    gRPC: opened.add(await guestByRpc(url, imageId, key)),
  };
  return { way, guests };
}
