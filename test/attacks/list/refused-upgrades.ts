import { once } from "node:events";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { dial } from "../wire/http2.js";
import { mutateBytes } from "../wire/mutate-bytes.js";
import { head } from "../wire/raw-http.js";

const wrong = [
  head("GET", "/elsewhere", { connection: "Upgrade", upgrade: "websocket" }),
  head("GET", "/v1/ws", { connection: "Upgrade", upgrade: "websocket", "sec-websocket-protocol": "other" }),
  head("GET", "/v1/ws", { connection: "Upgrade", upgrade: "websocket" }),
  head("GET", "/v1/ws", { connection: "Upgrade", upgrade: "h2c" }),
];

/** Nobody reads a connection whose upgrade was refused: what is sent on it must not keep it. */
export const refusedUpgrades: Attack = {
  name: "refused-upgrades",
  title: "upgrades that are refused, then another byte and silence",
  setting: "roles",
  unit: "connections",
  count: 3000,
  short: 120,
  async run({ gateway, encoder, decoder, from }, random, tally) {
    const urls = [gateway, encoder, decoder];
    await inParallel(20, tally, async (lane) => {
      const socket = dial(urls[lane % urls.length] as string, from);
      tally.try();
      const request = Buffer.from(wrong[random.below(wrong.length)] as string);
      socket.write(random.below(4) === 0 ? mutateBytes(request, random, 1) : request);
      const answered = await Promise.race([
        once(socket, "data").then(
          () => true,
          () => false,
        ),
        once(socket, "close").then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
      if (answered) tally.refused();
      socket.write("x");
      socket.end();
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    });
  },
};
