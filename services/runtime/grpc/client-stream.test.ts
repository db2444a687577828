import { getEventListeners, once } from "node:events";
import { describe, expect, it } from "vitest";
import { Code, overloaded } from "../errors.js";
import { transports } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";

const { join } = Echo.method;

async function joinWords(requests: AsyncIterable<{ value: string }>) {
  const words: string[] = [];
  for await (const { value } of requests) words.push(value);
  return { value: words.join(" ") };
}

describe.each(transports)("over %s", (_transport, startEcho) => {
  it("takes a stream and answers once", async () => {
    await using echo = await startEcho({ join: joinWords });
    const { signal } = new AbortController();
    const call = echo.client.clientStream(join, { signal });
    for (const value of ["one", "two", "three"]) await call.send({ value });
    expect(call.isOver).toBe(false);
    call.end();
    expect((await call.response).value).toBe("one two three");
    expect(call.isOver).toBe(true);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("answers early, and a sender that goes on sending megabytes is let go", async () => {
    await using echo = await startEcho({
      async join(requests) {
        for await (const { value } of requests) return { value: value.slice(0, 3) };
        return {};
      },
    });
    const call = echo.client.clientStream(join);
    const value = "x".repeat(500_000);
    const sending = (async () => {
      for (let count = 0; count < 40; count++) await call.send({ value });
    })();
    expect((await call.response).value).toBe("xxx");
    await sending;
  });

  it("tells a service error to whoever waits for the answer, and to nobody when nobody does", async () => {
    await using echo = await startEcho({
      async join(requests) {
        for await (const _ of requests) throw overloaded("Full.", 70);
        return {};
      },
    });
    const call = echo.client.clientStream(join);
    await call.send({ value: "x" });
    await expect(call.response).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 70 });
    const unread = echo.client.clientStream(join);
    while (!unread.isOver) await unread.send({ value: "x".repeat(100_000) });
    expect(echo.logger.lines).toEqual([]);
  });

  it("aborts the handler's signal when the caller's aborts, and is CANCELLED there without a log line", async () => {
    const leaving = new AbortController();
    let begin: (signal: AbortSignal) => void = () => {};
    const began = new Promise<AbortSignal>((resolve) => {
      begin = resolve;
    });
    await using echo = await startEcho({
      async join(requests, { signal }) {
        begin(signal);
        return joinWords(requests);
      },
    });
    const call = echo.client.clientStream(join, { signal: leaving.signal });
    await call.send({ value: "x" });
    const inside = await began;
    const aborted = once(inside, "abort");
    leaving.abort();
    await expect(call.response).rejects.toMatchObject({ code: Code.CANCELLED });
    await aborted;
    await new Promise(setImmediate);
    expect(echo.logger.lines).toEqual([]);
  });

  it("ends at once for a caller who has left before, and lets a blocked sender go when the call is cancelled", async () => {
    await using echo = await startEcho({ join: () => new Promise(() => {}) });
    const gone = echo.client.clientStream(join, { signal: AbortSignal.abort() });
    await expect(gone.response).rejects.toMatchObject({ code: Code.CANCELLED });
    const call = echo.client.clientStream(join);
    const sending = (async () => {
      while (!call.isOver) await call.send({ value: "x".repeat(100_000) });
    })();
    await new Promise(setImmediate);
    call.cancel();
    await sending;
    await expect(call.response).rejects.toMatchObject({ code: Code.CANCELLED });
  });
});
