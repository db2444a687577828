import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, it } from "vitest";
import { CacheNews } from "./cache-news.js";
import { openLink } from "./open-link.js";
import { serverOf } from "./testing/connected-store.js";

/** A server that takes connections and is silent. */
const server = createServer();
const sockets: Socket[] = [];
let place: string;

beforeEach(async () => {
  server.on("connection", (socket) => sockets.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.removeAllListeners("connection").close();
});

/** Who connected before has been let in. */
async function letIn(): Promise<void> {
  const probe = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(probe, "connect");
  const isProbe = ({ remotePort }: Socket) => remotePort === probe.localPort;
  while (!sockets.some(isProbe)) await once(server, "connection");
  sockets.splice(sockets.findIndex(isProbe), 1)[0]?.destroy();
  probe.destroy();
}

/** Resolves when whoever has connected has gone. */
async function deserted(): Promise<void> {
  await letIn();
  await Promise.all(sockets.map((socket) => socket.closed || once(socket.resume(), "close")));
}

/** A connection on which nothing moves is kept for twice as long. */
const options = (url: string) => ({ server: serverOf(url), timeoutMs: 1_000_000, onLost: () => {} });

it.each([
  ["one server", () => `redis://${place}`],
  ["Sentinels", () => `redis+sentinel://${place}/master`],
])("a link to %s that is closed while it connects leaves no connection behind", async (_of, url) => {
  const link = openLink(options(url()));
  link.close();
  await deserted();
});

it("nor do the news of one", async () => {
  const [host = "", port] = place.split(":");
  const listenAt = async () => ({ host, port: Number(port) });
  const news = new CacheNews({ listenAt }, options(`redis://${place}`));
  news.follow("channel", { onMessage: () => {}, onChange: () => {} });
  // It knows where to connect to by now, and has not.
  await new Promise(process.nextTick);
  news.close();
  await deserted();
});
