import { once } from "node:events";
import type { DescMethod } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { DecoderService } from "../../../proto/index.js";
import { type Access, openAccess } from "../callers/access.js";
import { asCaller, callerAt } from "../callers/caller.js";
import type { Principal } from "../callers/principal.js";
import { isTenantName } from "../callers/tenant.js";
import { Code, ServiceError } from "../errors.js";
import { type StartEcho, startEcho, startEchoInProcess } from "../testing/echo-server.js";
import { Echo } from "../testing/echo-service.js";
import { FakeAccess, principalOf } from "../testing/fake-access.js";
import type { Origin } from "../tracing/origin.js";
import { admitCall } from "./admit-call.js";
import type { Call } from "./call.js";

const named = callerAt("203.0.113.7").key;
const here = callerAt("127.0.0.1").key;

/** Whom the handler takes for the caller, of a call that names one. */
async function seen(start: StartEcho, options: { trustsPeers?: boolean }, origin: Origin) {
  const heard: Origin[] = [];
  const say = async (_request: unknown, call: { origin: Origin }) => {
    heard.push(call.origin);
    return {};
  };
  await using echo = await start({ say }, options);
  await echo.client.unary(Echo.method.say, {}, { origin });
  return heard[0];
}

describe("who asks", () => {
  it("A2 is whom a gateway names, in this process and where only gateways call", async () => {
    const origin = { caller: named, tenant: "acme", principal: "sub:Zoë, of acme" };
    expect(await seen(startEchoInProcess, {}, origin)).toMatchObject(origin);
    expect(await seen(startEcho, { trustsPeers: true }, origin)).toMatchObject(origin);
  });

  it("A2 is the other end of the connection for whoever else calls, whatever they say", async () => {
    const told = await seen(startEcho, {}, { caller: named, tenant: "acme", principal: "ann" });
    expect(told).toMatchObject({ caller: here });
    expect(told).not.toHaveProperty("tenant");
    expect(told).not.toHaveProperty("principal");
    expect(await seen(startEcho, { trustsPeers: true }, {})).toMatchObject({ caller: here });
    for (const caller of ["x", "x".repeat(5000), "not a key at all"]) {
      expect(await seen(startEcho, { trustsPeers: true }, { caller })).toMatchObject({ caller: here });
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

describe("where callers are asked who they are", () => {
  const user = principalOf("acme");
  const reader = principalOf("acme", ["everything"]);
  const gateway: Principal = { ...principalOf("ours", ["peer"]), tenant: undefined };
  const access = new FakeAccess({ user, reader, gateway });
  const admit = (bearer: string | undefined, says: Record<string, string> = {}, trustsPeers = true) => {
    const metadata = new Metadata();
    if (bearer !== undefined) metadata.set("authorization", `Bearer ${bearer}`);
    for (const [name, value] of Object.entries(says)) metadata.set(name, value);
    const call = { metadata, getPeer: () => "127.0.0.1:4711" };
    return admitCall(Echo.method.say, call, { access, trustsPeers, asksCertificates: false, scopeOf: () => "segment" });
  };
  const says = { "maskwire-caller": named, "maskwire-tenant": "other" };

  it("L1: nobody is let in who brings nothing, or what nobody knows", () => {
    for (const bearer of [undefined, "", "stranger"]) {
      expect(() => admit(bearer, says)).toThrow(expect.objectContaining({ code: Code.UNAUTHENTICATED }));
    }
  });

  it("L2: a principal speaks for itself alone, whatever it says, and for no other tenant", () => {
    for (const said of [
      {},
      { "maskwire-caller": named },
      { "maskwire-caller": named, "maskwire-tenant": "acme", "maskwire-principal": "boss" },
    ]) {
      expect(admit("user", said)).toEqual({
        principal: user,
        on: { caller: asCaller(user, callerAt("")).key, tenant: "acme", principal: user.id },
        isForOthers: false,
      });
    }
    expect(() => admit("user", says)).toThrow(/"peer"/);
  });

  it("L2, M1: one with the scope peer speaks for whom it names", () => {
    const on = { caller: named, tenant: "other", principal: "ann" };
    expect(admit("gateway", { ...says, "maskwire-principal": "ann" })).toEqual({
      principal: gateway,
      on,
      isForOthers: true,
    });
    expect(() => admit("gateway", { ...says, "maskwire-principal": "%" })).toThrow(/maskwire-principal/);
  });

  it("L3: one without the method's scope is told which it lacks", () => {
    expect(() => admit("reader")).toThrow(expect.objectContaining({ code: Code.PERMISSION_DENIED }));
    expect(() => admit("reader")).toThrow(/"segment"/);
  });

  it("L5: a call under way ends with its principal, and leaves no watch behind", async () => {
    let begun = () => {};
    const began = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const chat = async (_requests: unknown, _send: unknown, { signal }: Call) => {
      begun();
      await once(signal, "abort");
      signal.throwIfAborted();
    };
    await using echo = await startEcho({ chat }, { access: oneFor(access) });
    const call = echo.client.duplex(Echo.method.chat);
    await began;
    expect(access.watches(user)).toBe(1);
    access.end(user);
    const failure = (async () => {
      for await (const _ of call.responses);
    })();
    await expect(failure).rejects.toThrow(ServiceError);
    await expect(failure).rejects.toMatchObject({ code: Code.UNAUTHENTICATED });
    expect(access.watches(user)).toBe(0);

    /** The client of the test brings no bearer of its own. */
    function oneFor(all: FakeAccess) {
      return {
        isOpen: false,
        signIn: all.signIn,
        giveTicket: (principal: Principal) => all.giveTicket(principal),
        identify: () => all.identify({ authorization: "Bearer user" }),
        watch: (principal: Principal, onEnd: () => void) => all.watch(principal, onEnd),
      };
    }
  });
});

describe("T6: where peers are asked for certificates", () => {
  const says = { "maskwire-caller": named, "maskwire-tenant": "acme" };
  const keys = new FakeAccess({
    peer: { ...principalOf("ours", ["peer"]), tenant: undefined },
    user: principalOf("acme"),
  });
  const { segment, loadEmbedding } = DecoderService.method;
  /** @param names undefined for a peer that has shown none. */
  const admit = (
    method: DescMethod,
    names: string | undefined,
    { access = openAccess as Access, bearer = "" } = {},
  ) => {
    const metadata = new Metadata();
    if (bearer) metadata.set("authorization", `Bearer ${bearer}`);
    for (const [name, value] of Object.entries(says)) metadata.set(name, value);
    const certificate = names === undefined ? {} : { sslPeerCertificate: { subjectaltname: names } };
    const call = { metadata, getPeer: () => "127.0.0.1:4711", getAuthContext: () => certificate };
    const scopeOf = () => (method === loadEmbedding ? ("peer" as const) : ("segment" as const));
    return admitCall(method, call, { access, trustsPeers: true, asksCertificates: true, scopeOf });
  };
  const denied = expect.objectContaining({ code: Code.PERMISSION_DENIED });
  const gateway = "URI:spiffe://x/maskwire/gateway";
  const client = "URI:spiffe://x/maskwire/client";

  it("a gateway may do anything, and speaks for whom it names", () => {
    expect(admit(loadEmbedding, gateway)).toMatchObject({ on: { caller: named, tenant: "acme" } });
    expect(admit(segment, gateway, { access: keys })).toMatchObject({ on: { caller: named, tenant: "acme" } });
  });

  it("so may the tier of data sets, which asks for those whose data sets they are", () => {
    const dataset = "URI:spiffe://x/maskwire/dataset";
    expect(admit(segment, dataset, { access: keys })).toMatchObject({ on: { caller: named, tenant: "acme" } });
  });

  it("a client speaks for itself, and loads nothing", () => {
    expect(admit(segment, client)).toMatchObject({ on: { caller: here } });
    expect(() => admit(loadEmbedding, client)).toThrow(denied);
    expect(() => admit(loadEmbedding, client, { access: keys, bearer: "peer" })).toThrow(denied);
    expect(() => admit(segment, client, { access: keys })).toThrow(
      expect.objectContaining({ code: Code.UNAUTHENTICATED }),
    );
  });

  it("one of another tier, or of no role, may nothing", () => {
    for (const names of ["DNS:decoder.maskwire.internal", "DNS:example.org"]) {
      expect(() => admit(segment, names), names).toThrow(denied);
    }
  });

  it("who has shown none is taken for a client, unless a key says more", () => {
    expect(admit(segment, undefined)).toMatchObject({ on: { caller: here } });
    for (const method of [loadEmbedding, DecoderService.method.prepare]) {
      expect(() => admit(method, undefined)).toThrow(denied);
    }
    const withKey = admit(loadEmbedding, undefined, { access: keys, bearer: "peer" });
    expect(withKey).toMatchObject({ on: { caller: named, tenant: "acme" } });
  });
});
