import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { noQuota, type Quota, type QuotaName } from "../callers/quota.js";
import { Code, overloaded, ServiceError } from "../errors.js";
import { startEcho as overConnection, transports } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import type { CallContext } from "./serve.js";

const { say, chat } = Echo.method;

/** A promise that a handler settles, so that the test waits for what happens inside. */
function defer<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const aborted = ({ signal }: CallContext) => (signal.aborted ? Promise.resolve([]) : once(signal, "abort"));

async function collect(responses: AsyncIterable<{ value: string }>): Promise<string[]> {
  const words: string[] = [];
  for await (const { value } of responses) words.push(value);
  return words;
}

describe("what strangers make a server say", () => {
  it("is short, and holds nobody else up on the connection", async () => {
    await using echo = await overConnection({
      async say({ value }) {
        if (value === "long") throw new ServiceError({ code: Code.INVALID_ARGUMENT, message: "1, ".repeat(100_000) });
        return { value };
      },
    });
    const refused = echo.client.unary(say, { value: "long" });
    const bystanders = Array.from({ length: 20 }, () => echo.client.unary(say, { value: "short" }));
    await expect(refused).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringMatching(/^1, .*…$/),
    });
    for (const answer of await Promise.all(bystanders)) expect(answer.value).toBe("short");
  });

  it("is INVALID_ARGUMENT of a request that is no message, alone or in a stream", async () => {
    const heard: string[] = [];
    await using echo = await overConnection({
      async chat(requests, send) {
        for await (const { value } of requests) {
          heard.push(value);
          await send({ value });
        }
      },
    });
    const raw = new Client(echo.client.address, credentials.createInsecure());
    const asIs = (bytes: Buffer) => bytes;
    const damaged = Buffer.from([0x0a, 0x7f, 0x61]);
    const expected = {
      code: Code.INVALID_ARGUMENT,
      details: "The request is no StringValue in protobuf. Its bytes are damaged, or cut short.",
    };
    try {
      const alone = new Promise((_, reject) => {
        raw.makeUnaryRequest("/maskwire.testing.Echo/Say", asIs, asIs, damaged, reject);
      });
      await expect(alone).rejects.toMatchObject(expected);
      const stream = raw.makeBidiStreamRequest("/maskwire.testing.Echo/Chat", asIs, asIs);
      stream.resume().write(Buffer.from([0x0a, 0x02, 0x68, 0x69]));
      stream.write(damaged);
      const [error] = await once(stream, "error");
      expect(error).toMatchObject(expected);
      expect(heard).toEqual(["hi"]);
    } finally {
      raw.close();
    }
  });
});

describe.each(transports)("over %s", (_transport, startEcho) => {
  describe("unary calls", () => {
    it("answers", async () => {
      await using echo = await startEcho({ say: async ({ value }) => ({ value: `${value}!` }) });
      expect((await echo.client.unary(say, { value: "hello" })).value).toBe("hello!");
    });

    it("sends a service error's code, sentence, retry hint and reason", async () => {
      await using echo = await startEcho({
        say: async ({ value }) => {
          if (value === "full") throw overloaded("Too many are waiting.", 1234);
          const message = "Grüße: not a picture.";
          throw new ServiceError({ code: Code.INVALID_ARGUMENT, message, reason: "UNSUPPORTED_IMAGE" });
        },
      });
      await expect(echo.client.unary(say, { value: "full" })).rejects.toMatchObject({
        name: "ServiceError",
        code: Code.RESOURCE_EXHAUSTED,
        message: "Too many are waiting.",
        retryAfterMs: 1234,
        reason: undefined,
      });
      await expect(echo.client.unary(say, {})).rejects.toMatchObject({
        code: Code.INVALID_ARGUMENT,
        message: "Grüße: not a picture.",
        retryAfterMs: undefined,
        reason: "UNSUPPORTED_IMAGE",
      });
      expect(echo.logger.lines).toEqual([]);
    });

    it("tells nothing of an internal error to the peer and everything to the log", async () => {
      await using echo = await startEcho({ say: () => Promise.reject(new TypeError("secret path /srv")) });
      const failure = await echo.client.unary(say, {}).catch((error: Error) => error);
      expect(failure).toMatchObject({ code: Code.INTERNAL });
      expect((failure as Error).message).not.toContain("secret");
      expect(JSON.stringify(echo.logger.lines)).toContain("secret path");
    });

    it.each([30 * 24 * 3_600_000, 99_999_999 * 3_600_000])(
      "lets a call with a deadline in %i ms run",
      async (deadlineMs) => {
        await using echo = await startEcho({
          async say({ value }) {
            await sleep(20);
            return { value };
          },
        });
        expect(await echo.client.unary(say, { value: "late" }, { deadlineMs })).toMatchObject({ value: "late" });
      },
    );

    it("aborts the handler's signal when the caller hangs up, and does not call that a failure", async () => {
      const began = defer<void>();
      const ended = defer<void>();
      await using echo = await startEcho({
        say: async (_request, context) => {
          began.resolve();
          await aborted(context);
          ended.resolve();
          throw context.signal.reason;
        },
      });
      const caller = new AbortController();
      const call = echo.client.unary(say, {}, { signal: caller.signal });
      await began.promise;
      caller.abort();
      await expect(call).rejects.toMatchObject({ code: Code.CANCELLED });
      await ended.promise;
      expect(echo.logger.lines).toEqual([]);
    });

    it("aborts the handler's signal at the caller's deadline", async () => {
      const ended = defer<void>();
      await using echo = await startEcho({
        say: async (_request, context) => {
          await aborted(context);
          ended.resolve();
          throw context.signal.reason;
        },
      });
      // The deadline is the call's alone: the connection is there.
      const first = echo.client.duplex(chat);
      first.end();
      await collect(first.responses);
      await expect(echo.client.unary(say, {}, { deadlineMs: 50 })).rejects.toMatchObject({
        code: Code.DEADLINE_EXCEEDED,
      });
      await ended.promise;
    });

    it.each([
      ["throws the signal's reason", (context: CallContext) => context.signal.reason],
      ["throws CANCELLED", () => new ServiceError({ code: Code.CANCELLED, message: "Cancelled." })],
    ])("says UNAVAILABLE when the service stops and the handler %s", async (_name, reason) => {
      const began = defer<void>();
      await using echo = await startEcho({
        say: async (_request, context) => {
          began.resolve();
          await aborted(context);
          throw reason(context);
        },
      });
      const call = echo.client.unary(say, {});
      call.catch(() => {});
      await began.promise;
      echo.stopping.abort();
      await expect(call).rejects.toMatchObject({
        code: Code.UNAVAILABLE,
        message: "The service is stopping.",
        retryAfterMs: 1000,
      });
      await expect(echo.client.unary(say, {})).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    });
  });

  describe("streams", () => {
    it("answers while it listens", async () => {
      await using echo = await startEcho({
        async chat(requests, send) {
          for await (const { value } of requests) await send({ value: `${value}!` });
        },
      });
      const call = echo.client.duplex(chat);
      for (const value of ["a", "b", "c"]) await call.send({ value });
      call.end();
      expect(await collect(call.responses)).toEqual(["a!", "b!", "c!"]);
    });

    it("delivers what was sent before the error, then the error with its hint and reason", async () => {
      await using echo = await startEcho({
        async chat(_requests, send) {
          await send({ value: "one" });
          const message = "Too large.";
          throw new ServiceError({
            code: Code.RESOURCE_EXHAUSTED,
            message,
            retryAfterMs: 7,
            reason: "IMAGE_TOO_LARGE",
          });
        },
      });
      const words: string[] = [];
      const reading = (async () => {
        for await (const { value } of echo.client.duplex(chat).responses) words.push(value);
      })();
      await expect(reading).rejects.toMatchObject({
        code: Code.RESOURCE_EXHAUSTED,
        message: "Too large.",
        retryAfterMs: 7,
        reason: "IMAGE_TOO_LARGE",
      });
      expect(words).toEqual(["one"]);
    });

    it("ends with its status, whatever a handler still sends behind that", async () => {
      const sent = defer<unknown>();
      await using echo = await startEcho({
        async chat(_requests, send) {
          setImmediate(() => send({ value: "late" }).then(() => sent.resolve("sent"), sent.resolve));
          throw overloaded("Too many.", 70);
        },
      });
      const call = echo.client.duplex(chat);
      await expect(collect(call.responses)).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 70 });
      expect(await sent.promise).toBeInstanceOf(Error);
    });

    it("answers early while the caller still sends megabytes", async () => {
      await using echo = await startEcho({
        async chat(requests) {
          for await (const _ of requests) throw new ServiceError({ code: Code.INVALID_ARGUMENT, message: "No." });
        },
      });
      const call = echo.client.duplex(chat);
      const value = "x".repeat(500_000);
      const sending = (async () => {
        for (let count = 0; count < 40; count++) await call.send({ value });
      })();
      await expect(collect(call.responses)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT, message: "No." });
      // A sender that nobody reads must not hang.
      await sending;
    });

    it("ends well when the handler returns before it has read everything", async () => {
      await using echo = await startEcho({
        async chat(requests, send) {
          for await (const { value } of requests) {
            await send({ value });
            return;
          }
        },
      });
      const call = echo.client.duplex(chat);
      await call.send({ value: "first" });
      await call.send({ value: "second" });
      expect(await collect(call.responses)).toEqual(["first"]);
      await call.send({ value: "after the end" });
    });

    it("holds a handler back while the caller does not read", async () => {
      const stuck = defer<number>();
      let sent = 0;
      await using echo = await startEcho({
        async chat(_requests, send) {
          const value = "x".repeat(100_000);
          for (; sent < 200; sent++) {
            const taken = send({ value });
            // What cannot be taken within a turn of the event loop waits for the peer.
            const isTaken = await Promise.race([
              taken.then(() => true),
              new Promise((resolve) => setImmediate(() => resolve(false))),
            ]);
            if (!isTaken) stuck.resolve(sent);
            await taken;
          }
        },
      });
      const call = echo.client.duplex(chat);
      expect(await stuck.promise).toBeLessThan(200);
      expect((await collect(call.responses)).length).toBe(200);
    });

    it("lets many answers wait for one slow reader without a listener for each", async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on("warning", onWarning);
      await using echo = await startEcho({
        async chat(_requests, send) {
          const value = "x".repeat(100_000);
          await Promise.all(Array.from({ length: 60 }, () => send({ value })));
        },
      });
      expect((await collect(echo.client.duplex(chat).responses)).length).toBe(60);
      process.off("warning", onWarning);
      expect(warnings).toEqual([]);
    });

    it.each(["reads", "sends", "waits"])(
      "ends a handler that %s when the caller hangs up, without a log line",
      async (does) => {
        const began = defer<void>();
        const ended = defer<void>();
        await using echo = await startEcho({
          async chat(requests, send, context) {
            try {
              await send({ value: "begun" });
              began.resolve();
              if (does === "reads") for await (const _ of requests);
              if (does === "sends") for (;;) await send({ value: "x".repeat(100_000) });
              if (does === "waits") await aborted(context);
              context.signal.throwIfAborted();
            } finally {
              ended.resolve();
            }
          },
        });
        const call = echo.client.duplex(chat);
        await began.promise;
        call.cancel();
        await expect(collect(call.responses)).rejects.toMatchObject({ code: Code.CANCELLED });
        await ended.promise;
        // The log would be written in the turns after the handler.
        await new Promise(setImmediate);
        expect(echo.logger.lines).toEqual([]);
      },
    );

    it("shows a peer that vanishes as UNAVAILABLE, not as cancelled", async () => {
      const began = defer<void>();
      await using echo = await startEcho({
        async chat(_requests, _send, context) {
          began.resolve();
          await aborted(context);
        },
      });
      const reading = collect(echo.client.duplex(chat).responses);
      reading.catch(() => {});
      await began.promise;
      echo.vanish();
      await expect(reading).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
    });
  });
});

it("refuses a service of which a method is missing", async () => {
  await expect(overConnection({ chat: undefined as never })).rejects.toThrow("Chat has no implementation");
});

describe("what a principal may take", () => {
  /** Lets so many requests through, and so many clicks. */
  const quotaOf = (left: Partial<Record<QuotaName, number>>): Quota => ({
    ...noQuota,
    tryTake: (_principal, name, amount) => {
      const rest = left[name] ?? Number.POSITIVE_INFINITY;
      if (rest < amount) return 400;
      left[name] = rest - amount;
      return 0;
    },
  });

  it("Q1: is counted for each call, and for what its handler says that it takes", async () => {
    const say = async ({ value }: { value: string }, { take }: CallContext) => {
      take("clicksPerMinute", 1);
      return { value };
    };
    const limits = { requestsPerSecond: 3, clicksPerMinute: 1 };
    await using echo = await overConnection({ say }, { quota: quotaOf(limits) });
    const ask = () => echo.client.unary(Echo.method.say, { value: "a" }, {});
    expect(await ask()).toMatchObject({ value: "a" });
    const refused = (name: QuotaName) => ({
      code: Code.RESOURCE_EXHAUSTED,
      retryAfterMs: 400,
      message: expect.stringContaining(`(${name})`),
    });
    await expect(ask()).rejects.toMatchObject(refused("clicksPerMinute"));
    await expect(ask()).rejects.toMatchObject(refused("clicksPerMinute"));
    await expect(ask()).rejects.toMatchObject(refused("requestsPerSecond"));
  });
});
