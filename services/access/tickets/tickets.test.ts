import { createSecretKey } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Code } from "../../runtime/errors.js";
import { Tickets } from "./tickets.js";

const keyOf = (id: string) => ({ id, secret: createSecretKey(Buffer.alloc(32, id)) });
const principal = {
  id: "ci",
  tenant: "acme",
  scopes: new Set(["segment", "upload"] as const),
  limits: { sessions: 2 },
  expiresAt: Date.UTC(2100, 0),
};
const refused = { code: Code.UNAUTHENTICATED, message: expect.stringMatching(/POST \/v1\/tickets\.$/) };

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

it("L7: a ticket carries its principal, and says how long it is good for", async () => {
  const tickets = new Tickets([keyOf("one")]);
  const given = await tickets.give(principal);
  expect(given).toMatchObject({ expiresInMs: 60_000, sessionUntil: principal.expiresAt });
  // As a subprotocol it must be of the letters that may stand in one.
  expect(given.ticket).toMatch(/^[\w.-]+$/);
  expect(await tickets.identify(given.ticket)).toEqual(principal);
  const ofTenant = { ...principal, tenantLimits: { clicksPerMinute: 5 } };
  expect(await tickets.identify((await tickets.give(ofTenant)).ticket)).toEqual(ofTenant);
  const { ticket } = await tickets.give({ ...principal, expiresAt: undefined, limits: {} });
  expect(await tickets.identify(ticket)).toEqual({ ...principal, expiresAt: undefined, limits: {} });
});

it("L7: a ticket is good for a minute, and some seconds between two clocks", async () => {
  const tickets = new Tickets();
  const { ticket } = await tickets.give(principal);
  vi.advanceTimersByTime(60_000);
  await tickets.identify(ticket);
  vi.advanceTimersByTime(6_000);
  await expect(tickets.identify(ticket)).rejects.toMatchObject(refused);
});

it("the first key signs, all are believed, and one that is out is none", async () => {
  const [old, next] = [new Tickets([keyOf("one")]), new Tickets([keyOf("two"), keyOf("one")])];
  const { ticket } = await old.give(principal);
  expect(await next.identify(ticket)).toEqual(principal);
  const later = await next.give(principal);
  await expect(old.identify(later.ticket)).rejects.toMatchObject(refused);
  next.replace([keyOf("two")]);
  await expect(next.identify(ticket)).rejects.toMatchObject(refused);
});

it("without keys a process believes its own tickets alone", async () => {
  const { ticket } = await new Tickets().give(principal);
  await expect(new Tickets().identify(ticket)).rejects.toMatchObject(refused);
});

describe("what is no ticket is refused:", () => {
  const key = keyOf("one");
  const tickets = new Tickets([key]);
  const claims = { tenant: "acme", scopes: ["segment"], limits: {} };
  const sign = (payload: object, header: object = {}, secret = key.secret) =>
    new SignJWT({ sub: "ci", aud: "maskwire-session", exp: Math.ceil(Date.now() / 1000) + 60, ...claims, ...payload })
      .setProtectedHeader({ alg: "HS256", kid: "one", typ: "maskwire-ticket+jwt", ...header })
      .sign(secret);

  it.each<[string, () => string | Promise<string>]>([
    ["nothing", () => ""],
    ["any text", () => "guess"],
    ["a half of one", async () => (await sign({})).slice(0, 60)],
    ["one without a signature", async () => (await sign({})).replace(/[^.]+$/, "")],
    ["no algorithm", () => new UnsecuredJWT({ sub: "ci", ...claims }).setAudience("maskwire-session").encode()],
    ["another algorithm", () => sign({}, { alg: "HS512" }, createSecretKey(Buffer.alloc(64, "one")))],
    ["another secret", () => sign({}, {}, keyOf("two").secret)],
    ["another key's name", () => sign({}, { kid: "two" })],
    ["no key's name", () => sign({}, { kid: undefined })],
    ["another kind of token", () => sign({}, { typ: "at+jwt" })],
    ["another audience", () => sign({ aud: "other" })],
    ["no end", () => sign({ exp: undefined })],
    ["no name", () => sign({ sub: "" })],
    ["no tenant", () => sign({ tenant: undefined })],
    ["a tenant that is none", () => sign({ tenant: "A:b" })],
    ["a scope that is none", () => sign({ scopes: ["root"] })],
  ])("%s", async (_name, make) => {
    await expect(tickets.identify(await make())).rejects.toMatchObject(refused);
  });

  it("and the one that all of these are like is taken", async () => {
    expect(await tickets.identify(await sign({}))).toMatchObject({ id: "ci", tenant: "acme" });
  });
});
