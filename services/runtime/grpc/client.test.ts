import { getEventListeners, once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Code } from "../errors.js";
import { transports } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import { RpcClient } from "./client.js";
import { PeerLostError } from "./status.js";

const { say, chat } = Echo.method;

async function unusedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

async function readAll(responses: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of responses) count++;
  return count;
}

describe("a peer that cannot be reached", () => {
  it("is UNAVAILABLE with a hint, in a sentence without its address", async () => {
    const client = new RpcClient(await unusedAddress());
    const expected = { code: Code.UNAVAILABLE, retryAfterMs: 1000, message: expect.not.stringContaining("127.0.0.1") };
    await expect(client.unary(say, {})).rejects.toMatchObject(expected);
    await expect(readAll(client.duplex(chat).responses)).rejects.toMatchObject(expected);
    client.close();
  });
});

describe("a stream to a peer that cannot be reached", () => {
  it("may be left unread when it fails", async () => {
    const client = new RpcClient(await unusedAddress());
    const call = client.duplex(chat);
    await call.send({ value: "x" });
    // An unhandled error of the stream would fail the test run.
    await expect(client.unary(say, {})).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    client.close();
  });
});

describe("a peer that was never reached", () => {
  it("has no request under way", async () => {
    const client = new RpcClient(await unusedAddress());
    const notReached = await client.unary(say, {}).catch((error: unknown) => error);
    expect(notReached).toBeInstanceOf(PeerLostError);
    expect(notReached).toMatchObject({ wasUnderWay: false });
    client.close();
  });
});

describe.each(transports)("over %s", (_transport, startEcho) => {
  it("tells a peer that is lost under way from one that is gone before", async () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    await using echo = await startEcho({
      say: () => {
        begin();
        return new Promise(() => {});
      },
    });
    const waiting = echo.client.unary(say, {}).catch((error: unknown) => error);
    await begun;
    echo.vanish();
    const lost = await waiting;
    expect(lost).toBeInstanceOf(PeerLostError);
    expect(lost).toMatchObject({ code: Code.UNAVAILABLE, wasUnderWay: true });
    const late = await echo
      .connect()
      .unary(say, {})
      .catch((error: unknown) => error);
    expect(late).toMatchObject({ code: Code.UNAVAILABLE, wasUnderWay: false });
  });

  describe("health", () => {
    it("is told now and at each change, until the peer is lost", async () => {
      await using echo = await startEcho({});
      const health = echo.tellHealth("NOT_SERVING");
      const told: string[] = [];
      const watching = async () => {
        for await (const status of echo.client.watchHealth("tier")) {
          told.push(status);
          if (told.length === 1) health.setStatus("tier", "SERVING");
          else echo.vanish();
        }
      };
      await expect(watching()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
      expect(told).toEqual(["NOT_SERVING", "SERVING"]);
    });

    it("is UNIMPLEMENTED where a server does not tell it", async () => {
      await using echo = await startEcho({});
      await expect(echo.client.watchHealth("tier").next()).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
    });
  });

  describe("a signal", () => {
    it("that has aborted before ends the call at once", async () => {
      await using echo = await startEcho({});
      const signal = AbortSignal.abort();
      await expect(echo.client.unary(say, {}, { signal })).rejects.toMatchObject({ code: Code.CANCELLED });
      await expect(readAll(echo.client.duplex(chat, { signal }).responses)).rejects.toMatchObject({
        code: Code.CANCELLED,
      });
    });

    it("keeps no listener after the call, read or not", async () => {
      await using echo = await startEcho({});
      const { signal } = new AbortController();
      await echo.client.unary(say, {}, { signal });
      await readAll(echo.client.duplex(chat, { signal }).responses);
      const unread = echo.client.duplex(chat, { signal });
      unread.cancel();
      // The failure of a call that nobody reads is told to whoever reads it later.
      await expect(readAll(unread.responses)).rejects.toMatchObject({ code: Code.CANCELLED });
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });
  });

  describe("a stream", () => {
    it("tells its failure to a reader who comes after it", async () => {
      await using echo = await startEcho({});
      const call = echo.client.duplex(chat);
      call.cancel();
      // Long enough for the status to have come and gone.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      await expect(readAll(call.responses)).rejects.toMatchObject({ code: Code.CANCELLED });
    });

    it("is cancelled at the peer when its reader stops early", async () => {
      let ended = () => {};
      const peerEnded = new Promise<void>((resolve) => {
        ended = resolve;
      });
      await using echo = await startEcho({
        async chat(_requests, send, { signal }) {
          await send({ value: "one" });
          if (!signal.aborted) await once(signal, "abort");
          ended();
        },
      });
      for await (const { value } of echo.client.duplex(chat).responses) {
        expect(value).toBe("one");
        break;
      }
      await peerEnded;
    });

    it("lets a blocked sender go when the call is cancelled", async () => {
      await using echo = await startEcho({
        async chat(_requests, _send, { signal }) {
          if (!signal.aborted) await once(signal, "abort");
        },
      });
      const call = echo.client.duplex(chat);
      const value = "x".repeat(500_000);
      let blocked = () => {};
      const isBlocked = new Promise<void>((resolve) => {
        blocked = resolve;
      });
      const sending = (async () => {
        for (let count = 0; count < 100; count++) {
          const sent = call.send({ value });
          setImmediate(blocked);
          await sent;
        }
      })();
      await isBlocked;
      call.cancel();
      await sending;
      await expect(readAll(call.responses)).rejects.toMatchObject({ code: Code.CANCELLED });
    });

    it("ends at its deadline", async () => {
      await using echo = await startEcho({
        async chat(_requests, _send, { signal }) {
          if (!signal.aborted) await once(signal, "abort");
        },
      });
      await expect(readAll(echo.client.duplex(chat, { deadlineMs: 50 }).responses)).rejects.toMatchObject({
        code: Code.DEADLINE_EXCEEDED,
      });
    });
  });
});
