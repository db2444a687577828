import { describe, expect, it } from "vitest";
import { callerAt } from "../callers/caller.js";
import { type StartEcho, startEcho, startEchoInProcess } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";

const named = callerAt("203.0.113.7").key;

/** Whom the handler takes for the caller, of a call that names one. */
async function seen(start: StartEcho, options: { trustsPeers?: boolean }, caller: string | undefined) {
  await using echo = await start({ say: async (_request, { origin }) => ({ value: origin.caller ?? "" }) }, options);
  return (await echo.client.unary(Echo.method.say, {}, { origin: { caller } })).value;
}

describe("who asks", () => {
  it("A2 is whom a gateway names, in this process and where only gateways call", async () => {
    expect(await seen(startEchoInProcess, {}, named)).toBe(named);
    expect(await seen(startEcho, { trustsPeers: true }, named)).toBe(named);
  });

  it("A2 is the other end of the connection for whoever else calls, whatever they say", async () => {
    expect(await seen(startEcho, {}, named)).toBe(callerAt("127.0.0.1").key);
    expect(await seen(startEcho, { trustsPeers: true }, undefined)).toBe(callerAt("127.0.0.1").key);
    for (const key of ["x", "x".repeat(5000), "not a key at all"]) {
      expect(await seen(startEcho, { trustsPeers: true }, key)).toBe(callerAt("127.0.0.1").key);
    }
  });
});
