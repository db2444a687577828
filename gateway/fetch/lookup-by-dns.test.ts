import { pbkdf2 } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lookupByDns } from "./lookup-by-dns.js";

let server: Socket;
let address: string;

beforeEach(async () => {
  server = createSocket("udp4").bind(0, "127.0.0.1");
  await once(server, "listening");
  address = `127.0.0.1:${server.address().port}`;
});
afterEach(() => void server.close());

const found = (host: string, limits = { timeout: 200, tries: 1 }) =>
  new Promise<LookupAddress[]>((resolve, reject) => {
    lookupByDns(limits, [address])(host, { all: true }, (error, all) => (error ? reject(error) : resolve(all)));
  });

/** The question's own bytes behind an answer's head, and one A record where A was asked for. */
function answerTo(question: Buffer): Buffer {
  const asked = question.subarray(12, question.indexOf(0, 12) + 5);
  const isA = asked.readUInt16BE(asked.length - 4) === 1;
  const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7]);
  return Buffer.concat(isA ? [head, asked, record] : [head, asked]);
}

it("U2: finds the addresses that DNS has", async () => {
  server.on("message", (question, from) => server.send(answerTo(question), from.port, from.address));
  expect(await found("pictures.example.org")).toEqual([{ address: "203.0.113.7", family: 4 }]);
});

it("U2: gives up a server that is silent, and keeps no thread waiting meanwhile", async () => {
  const order: string[] = [];
  const lookups = Array.from({ length: 64 }, (_, at) =>
    found(`slow-${at}.example.org`, { timeout: 2000, tries: 1 }).catch(() => order.push("gave up")),
  );
  await once(server, "message");
  // As files and pictures do, this waits for one of the process's few threads.
  await promisify(pbkdf2)("a", "b", 1, 16, "sha256");
  order.push("thread");
  await Promise.all(lookups);
  expect(order[0]).toBe("thread");
  expect(order).toHaveLength(65);
});
