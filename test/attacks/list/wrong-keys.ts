import type { Random } from "../../simulation/random.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const word = (random: Random, length: number) =>
  Array.from({ length }, () => letters[random.below(letters.length)]).join("");
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const ticketHead = part({ alg: "HS256", kid: "own", typ: "maskwire-ticket+jwt" });
const ticketBody = part({ sub: "good", tenant: "acme", aud: "maskwire-session", exp: 4e9 });

/** Of the good client's id, of nobody's, of no form, as a token or a ticket would be, or huge. */
const guesses: readonly ((random: Random) => string)[] = [
  (random) => `mw_good_${word(random, 43)}`,
  (random) => `mw_${word(random, 12)}_${word(random, 43)}`,
  (random) => `mw_good_${word(random, random.below(80))}`,
  (random) => word(random, 1 + random.below(200)),
  (random) => `${part({ alg: "none" })}.${part({ sub: word(random, 8), tenant: "acme", exp: 4e9 })}.`,
  (random) => `${ticketHead}.${ticketBody}.${word(random, 43)}`,
  (random) => word(random, 9000),
];

/** Whoever guesses costs little, and has a rate. */
export const wrongKeys: Attack = {
  name: "wrong-keys",
  title: "wrong keys, tokens and tickets, as fast as they go",
  setting: "single",
  asksForKeys: true,
  unit: "requests",
  count: 20_000,
  short: 400,
  async run({ gateway, from, imageId }, random, tally) {
    await inParallel(8, tally, async () => {
      const guess = pick(random, guesses)(random);
      const upgrade = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": 13,
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol": `maskwire.v1, maskwire.ticket.${guess}`,
      };
      const path = pick(random, [`/v1/images/${imageId}`, "/v1/me", "/v1/usage"]);
      const request =
        random.below(2) === 0
          ? head("GET", "/v1/ws", upgrade)
          : head(pick(random, ["GET", "DELETE"]), path, { authorization: `Bearer ${guess}`, connection: "close" });
      tally.try();
      const answer = await exchange(gateway, from, [request]);
      tellHttp(answer, tally);
      const [status = 401] = answer.statuses;
      if (status < 400) tally.note(`somebody was let in by a guess, with ${status}`);
    });
  },
};
