import { jpegScene } from "../../support/pictures.js";
import type { Attack } from "../attack.js";
import { randomBytes } from "../wire/mutate-bytes.js";
import { exchange, head, post, tellHttp } from "../wire/raw-http.js";

const tail = Buffer.alloc(60 * 1024 * 1024, 9);

/** Whoever keeps pictures keeps these too, and throws other people's away for them. */
export const pictureTails: Attack = {
  name: "picture-tails",
  title: "tiny pictures with 60 MiB behind their end, which would drive out everybody's",
  setting: "single",
  unit: "uploads",
  count: 24,
  short: 12,
  async run({ gateway, from, othersImageId }, random, tally) {
    const picture = await jpegScene(64, 48, 5);
    while (tally.goesOn) {
      tally.try();
      const own = Buffer.concat([picture, randomBytes(random, 8), tail]);
      tellHttp(await exchange(gateway, from, post("/v1/images", own), { lingerMs: tally.patienceMs(20_000) }), tally);
    }
    const { text } = await exchange(gateway, from, [
      head("GET", `/v1/images/${othersImageId}`, { connection: "close" }),
    ]);
    if (!/"stored":\s*true/.test(text)) tally.note(`somebody else's picture is gone: ${text.slice(-200)}`);
  },
};
