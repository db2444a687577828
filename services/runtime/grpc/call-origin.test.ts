import { describe, expect, it } from "vitest";
import { callerAt } from "../callers/caller.js";
import { isTenantName } from "../callers/tenant.js";
import { Code } from "../errors.js";
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

/** Whose pictures the handler would show, to a call that names a tenant. */
async function seenTenant(start: StartEcho, options: { trustsPeers?: boolean }, tenant: string | undefined) {
  await using echo = await start({ say: async (_request, { origin }) => ({ value: origin.tenant ?? "" }) }, options);
  return (await echo.client.unary(Echo.method.say, {}, { origin: { tenant } })).value;
}

const illFormed = ["", "Acme", "-a", "a:b", "a/b", "a*", "a b", "x".repeat(64), "a,b"];

describe("for which tenant", () => {
  it("is what a gateway says, in this process and where only gateways call", async () => {
    for (const tenant of ["acme", "0", "a.b_c-d", "x".repeat(63)]) {
      expect(await seenTenant(startEchoInProcess, {}, tenant)).toBe(tenant);
      expect(await seenTenant(startEcho, { trustsPeers: true }, tenant)).toBe(tenant);
    }
    expect(await seenTenant(startEcho, { trustsPeers: true }, undefined)).toBe("");
  });

  it("is nothing that anybody else may say", async () => {
    for (const tenant of ["acme", ...illFormed]) expect(await seenTenant(startEcho, {}, tenant)).toBe("");
  });

  it("is refused where a gateway says what is no name: without it other pictures would be seen", async () => {
    for (const tenant of illFormed) {
      expect(isTenantName(tenant)).toBe(false);
      for (const start of [startEcho, startEchoInProcess]) {
        await expect(seenTenant(start, { trustsPeers: true }, tenant), tenant).rejects.toMatchObject({
          code: Code.INVALID_ARGUMENT,
          message: expect.stringContaining("A tenant's name is"),
        });
      }
    }
  });
});
