import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "../attack.js";
import { dialBare } from "../wire/http2.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

const descriptors = 512;
/** More than its processes have descriptors for. */
const atOnce = 700;
/** Somebody else than the attacker and the good client. */
const bystander = "127.0.0.99";
const openMs = 200;
const pauseMs = 100;

/** Nothing; the beginning of everything; a body that does not go on. */
const beginnings = [
  "",
  "P",
  "GET / HTTP/1.1\r\nHost: localhost\r\n",
  `${head("POST", "/v1/segment", { "content-length": 100 })}{`,
  head("GET", "/v1/models"),
  "PRI * HTTP/2.0\r\n\r\n",
];

export const idleConnections: Attack = {
  name: "idle-connections",
  title:
    "more connections than a process has descriptors, which say little or nothing, and somebody else who wants an answer",
  setting: "single",
  unit: "connections",
  count: 20_000,
  short: 1400,
  descriptors,
  async run({ gateway, from }, random, tally) {
    while (tally.goesOn) {
      const sockets = Array.from({ length: Math.min(atOnce, tally.left) }, () => {
        const socket = dialBare(gateway, from);
        socket.write(pick(random, beginnings));
        return socket.resume();
      });
      tally.try(sockets.length);
      await sleep(pauseMs);
      tellHttp(await exchange(gateway, bystander, [head("GET", "/v1/models", { connection: "close" })]), tally);
      if (!(await isLetIn(gateway))) tally.note("an address that has no connection was not let in");
      for (const socket of sockets) {
        if (socket.destroyed) tally.refused();
        else tally.answered();
        socket.destroy();
      }
    }
  },
};

/** Whether somebody else's connection stays. */
async function isLetIn(gateway: string): Promise<boolean> {
  const socket: Socket = dialBare(gateway, bystander);
  const isClosed = await Promise.race([once(socket.resume(), "close").then(() => true), sleep(openMs, false)]);
  socket.destroy();
  return !isClosed;
}
