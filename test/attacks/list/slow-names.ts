import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

/** Somebody else, who wants the page meanwhile. */
const othersAddress = "127.0.0.99";
/** Whom every process of the stage asks for names. */
const nameServer = { address: "127.0.0.66", port: 41_053 };
/** As many as there are threads for files, twice. */
const enough = 8;

/** A name server that hears and says nothing. */
async function listenSilently() {
  const names = new Set<string>();
  let isHeld = () => {};
  const whenHeld = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const socket = createSocket("udp4").bind(nameServer);
  socket.on("message", (question) => {
    names.add(question.toString("latin1", 12));
    if (names.size === enough) isHeld();
  });
  await once(socket, "listening");
  return { whenHeld, close: () => socket.close() };
}

export const slowNames: Attack = {
  name: "slow-names",
  title: "pictures of hosts whose name servers never answer, and somebody else who wants the page",
  setting: "single",
  unit: "requests",
  count: 200,
  short: 32,
  env: { MASKWIRE_PICTURE_HOSTS: "*,named.test" },
  nameServer: `${nameServer.address}:${nameServer.port}`,
  async run({ gateway, from }, _random, tally) {
    const server = await listenSilently();
    let isPageSeen = false;
    const newcomer = async () => {
      await server.whenHeld;
      const request = [head("GET", "/", { connection: "close" })];
      const { statuses } = await exchange(gateway, othersAddress, request, { lingerMs: tally.patienceMs(20_000) });
      if (statuses[0] !== 200) tally.note(`somebody else who wanted the page was answered ${statuses[0]}`);
      isPageSeen = true;
    };
    let turn = 0;
    const attack = inParallel(40, tally, async () => {
      const name = turn++ % 2 === 0 ? "named.test" : `slow-${turn}.example`;
      const path = `/v1/pictures?url=${encodeURIComponent(`http://${name}/never`)}`;
      tally.try();
      const request = [head("GET", path, { connection: "close" })];
      const answer = await exchange(gateway, from, request, { lingerMs: tally.patienceMs(20_000) });
      if (answer.statuses.length === 0) tally.note("a request for a picture was not answered in time");
      // A page is a file or two: whoever waits for names must not be done before.
      if (answer.statuses[0] === 502 && !isPageSeen) tally.note("the page came after the answers about names");
      tellHttp(answer, tally);
    });
    await Promise.all([attack, Promise.race([newcomer(), attack])]);
    server.close();
  },
};
