import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { jpegScene } from "../../support/pictures.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

/** Somebody else who wants a picture meanwhile, from a host that is well. */
const othersAddress = "127.0.0.99";

/** What one address gets of the places for such requests. */
const held = 12;

/** A host that accepts and says nothing, and answers one path as it should. */
async function startHost(picture: Uint8Array) {
  const sockets = new Set<Socket>();
  let isHeld = () => {};
  const whenHeld = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    if (sockets.size === held) isHeld();
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", (request) => {
      if (!request.includes("/good.jpg")) return;
      socket.end(
        Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${picture.byteLength}\r\n\r\n`), picture]),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, whenHeld, close };
}

export const stalledHosts: Attack = {
  name: "stalled-hosts",
  title: "pictures of a host that never answers, as many as one address gets, and somebody else who wants one",
  setting: "single",
  unit: "requests",
  count: 200,
  short: 32,
  env: { MASKWIRE_PICTURE_HOSTS: "127.0.0.1", MASKWIRE_DEADLINE_MS: "3000" },
  async run({ gateway, from }, _random, tally) {
    const host = await startHost(await jpegScene(64, 48, 6));
    const path = (name: string) => `/v1/pictures?url=${encodeURIComponent(`${host.url}/${name}`)}`;
    const newcomer = async () => {
      await host.whenHeld;
      const request = [head("GET", path("good.jpg"), { connection: "close" })];
      const { statuses } = await exchange(gateway, othersAddress, request, { lingerMs: tally.patienceMs(10_000) });
      if (statuses[0] !== 200) tally.note(`somebody else's picture was answered with ${statuses[0]}`);
    };
    const attack = inParallel(40, tally, async () => {
      tally.try();
      const request = [head("GET", path("never"), { connection: "close" })];
      tellHttp(await exchange(gateway, from, request, { lingerMs: tally.patienceMs(10_000) }), tally);
    });
    // When the attack is over before so much is held, nobody was kept out.
    await Promise.all([attack, Promise.race([newcomer(), attack])]);
    host.close();
  },
};
