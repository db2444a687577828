import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { jpegScene } from "../../support/pictures.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

/** Somebody else who wants a picture meanwhile, from a host that is well. */
const othersAddress = "127.0.0.99";

/** A host that accepts and says nothing, and answers one path as it should. */
async function startHost(picture: Uint8Array) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
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
  return { url: `http://127.0.0.1:${port}`, close };
}

export const stalledHosts: Attack = {
  name: "stalled-hosts",
  title: "pictures of a host that never answers, as many as one address gets, and somebody else who wants one",
  setting: "single",
  unit: "requests",
  count: 200,
  short: 0,
  env: { MASKWIRE_PICTURE_HOSTS: "127.0.0.1", MASKWIRE_DEADLINE_MS: "5000" },
  async run({ gateway, from }, _random, tally) {
    const host = await startHost(await jpegScene(64, 48, 6));
    const path = (name: string) => `/v1/pictures?url=${encodeURIComponent(`${host.url}/${name}`)}`;
    const newcomer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const { statuses } = await exchange(gateway, othersAddress, [
        head("GET", path("good.jpg"), { connection: "close" }),
      ]);
      if (statuses[0] !== 200) tally.note(`somebody else's picture was answered with ${statuses[0]}`);
    };
    const attack = inParallel(40, tally, async () => {
      tally.try();
      const request = [head("GET", path("never"), { connection: "close" })];
      tellHttp(await exchange(gateway, from, request, { lingerMs: tally.patienceMs(10_000) }), tally);
    });
    await Promise.all([attack, newcomer()]);
    host.close();
  },
};
