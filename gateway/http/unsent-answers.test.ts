import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { Limit } from "../../services/runtime/limits/limit-hits.js";
import { UnsentBytes } from "../limits/unsent-bytes.js";
import { UnsentAnswers } from "./unsent-answers.js";

/** More than the kernel takes of a connection that is not read. */
const MiB = 1024 * 1024;
const limitBytes = 50 * MiB;

let app: FastifyInstance;
let port: number;
let unsent: UnsentBytes;
const hits: Limit[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  unsent = new UnsentBytes(limitBytes);
  const answers = new UnsentAnswers(unsent, { limitHit: (limit) => hits.push(limit) });
  app = fastify({ forceCloseConnections: true });
  app.get<{ Params: { mib: string } }>("/:mib", (request, reply) => {
    const bytes = Number(request.params.mib) * MiB;
    try {
      answers.hold(reply, bytes);
    } catch (error) {
      return replyError(reply, error);
    }
    return reply.send(Buffer.alloc(bytes));
  });
  port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterEach(async () => {
  hits.length = 0;
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

/** Asks, and never reads. */
async function askAndWait(mib: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  const before = unsent.budget.usedBytes;
  socket.pause().write(`GET /${mib} HTTP/1.1\r\nHost: test\r\n\r\n`);
  await expect.poll(() => unsent.budget.usedBytes).toBe(before + mib * MiB);
  return socket;
}

const read = async (mib: number) => {
  const response = await fetch(`http://127.0.0.1:${port}/${mib}`);
  return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
};

describe("B6: answers over HTTP that are not read", () => {
  it("are held until they have left", async () => {
    await askAndWait(30);
    expect(await read(20)).toEqual({ status: 200, bytes: 20 * MiB });
    await expect.poll(() => unsent.budget.usedBytes).toBe(30 * MiB);
    expect(hits).toEqual([]);
  });

  it("are given up with their connection when others need the room", async () => {
    const slow = await askAndWait(30);
    const ended = once(slow.resume(), "close");
    slow.pause();
    expect(await read(25)).toEqual({ status: 200, bytes: 25 * MiB });
    slow.resume();
    await ended;
    expect(slow.bytesRead).toBeLessThan(30 * MiB);
    expect(hits).toEqual(["unsent"]);
    await expect.poll(() => unsent.budget.usedBytes).toBe(0);
  });

  it("leave no room for one that is larger than any of them: it is refused", async () => {
    await askAndWait(20);
    const response = await fetch(`http://127.0.0.1:${port}/40`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await response.json()).toMatchObject({ error: { code: "RESOURCE_EXHAUSTED" } });
    expect(unsent.budget.usedBytes).toBe(20 * MiB);
    expect(await read(20)).toEqual({ status: 200, bytes: 20 * MiB });
  });
});
