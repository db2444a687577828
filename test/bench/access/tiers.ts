import { findRedisServer, RedisServer } from "../../../services/stores/testing/redis-server.js";
import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { jpegScene } from "../../support/pictures.js";
import { tinyModelEnv } from "../../support/tiny-model.js";
import { TlsFiles } from "../../support/tls-files.js";
import type { Outcome } from "../report.js";
import { guestBySocket, headersOf } from "./guest.js";
import { Keys } from "./keys.js";
import { comparePlaces, Opened, type Place } from "./places.js";

/** Settings of a cluster's processes, and the key that its guests show. */
interface Tiers {
  gateway: Record<string, string>;
  services: Record<string, string>;
  key: string | undefined;
}

/** Warm clicks through a gateway and a decoder of their own, with keys, quotas and mutual TLS between them, and with nothing of it. */
export async function tiers(rounds: number, say: (line: string) => void): Promise<Outcome> {
  if (!findRedisServer()) {
    say("there is no redis-server here, which processes of one tier each need: TLS between tiers is left out");
    return { bars: [], detail: {} };
  }
  using keys = new Keys("acme");
  using files = new TlsFiles();
  await using opened = new Opened();
  const gateway = { ...keys.env, ...files.peer("gateway") };
  const services = { ...files.port("required"), ...keys.env };
  const places = [
    await open(opened, "off", { gateway: {}, services: {}, key: undefined }),
    await open(opened, "keys, quotas, TLS between tiers", { gateway, services, key: keys.of("acme") }),
  ];
  // Awaited here: what is open is closed on return.
  return await comparePlaces(places, rounds, 1);
}

async function open(opened: Opened, way: string, { gateway, services, key }: Tiers): Promise<Place> {
  const redis = opened.add(await RedisServer.start());
  const start = (env: Record<string, string>) =>
    MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", MASKWIRE_OVERLOAD_DELAY_MS: "10000", ...env });
  const service = (role: string) =>
    start({ MASKWIRE_ROLE: role, MASKWIRE_CACHE_URL: redis.url, ...tinyModelEnv({ allCores: true }), ...services });
  const encoder = opened.add(await service("encoder"));
  const decoder = opened.add(await service("decoder"));
  const addresses = { MASKWIRE_ENCODER_ADDRESS: encoder.address, MASKWIRE_DECODER_ADDRESSES: decoder.address };
  const { url } = opened.add(await start({ MASKWIRE_ROLE: "gateway", ...addresses, ...gateway }));
  const { image } = await upload(url, await jpegScene(640, 480), {}, headersOf(key));
  return { way, guests: { WebSocket: opened.add(await guestBySocket(url, image?.imageId ?? "", key)) } };
}
