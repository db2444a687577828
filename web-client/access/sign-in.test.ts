import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SignInNeeded } from "../sdk/http/tickets.js";
import { ask, currentBearer, setBearer } from "./bearer.js";
import { SignIn } from "./sign-in.js";

/** A gateway that knows these keys; undefined asks nobody. */
let known: string[] | undefined;
let asked: string[];
const stored = new Map<string, string>();
const storage = {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, value: string) => void stored.set(name, value),
  removeItem: (name: string) => void stored.delete(name),
};
const open = () => new SignIn({ storage, changed: () => {} });

beforeEach(() => {
  known = ["mw_a_secret"];
  asked = [];
  stored.clear();
  setBearer(undefined);
  vi.stubGlobal("fetch", async (url: string, init: { headers?: Record<string, string> } = {}) => {
    asked.push(url);
    if (url === "v1/auth") return Response.json({ required: known !== undefined, methods: ["key"] });
    const key = new Headers(init.headers).get("authorization")?.replace("Bearer ", "");
    if (key === undefined || !known?.includes(key)) return new Response(null, { status: 401 });
    if (url === "v1/tickets") return Response.json({ ticket: `for-${key}`, expiresInMs: 60_000 });
    return Response.json({ id: "a", tenant: "acme", scopes: [] });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  setBearer(undefined);
});

describe("signing in", () => {
  it("is no matter where the gateway asks nobody", async () => {
    known = undefined;
    expect(await open().protocols()).toEqual(["maskwire.v1"]);
    expect(asked).toEqual(["v1/auth"]);
  });

  it("is needed before a session, and nothing is asked for in vain", async () => {
    await expect(open().protocols()).rejects.toThrow(SignInNeeded);
    expect(asked).toEqual(["v1/auth"]);
  });

  it("gets a fresh ticket for each session, and stays for the tab", async () => {
    const signIn = open();
    expect(await signIn.withKey("mw_a_secret")).toBe(true);
    expect(signIn.account).toMatchObject({ id: "a", tenant: "acme" });
    expect(await signIn.protocols()).toEqual(["maskwire.v1", "maskwire.ticket.for-mw_a_secret"]);
    await signIn.protocols();
    expect(asked.filter((url) => url === "v1/tickets")).toHaveLength(2);
    setBearer(undefined);
    expect(await open().protocols()).toContain("maskwire.ticket.for-mw_a_secret");
  });

  it("refuses a key that nobody knows, and forgets it", async () => {
    const signIn = open();
    expect(await signIn.withKey("mw_b_guess")).toBe(false);
    expect([signIn.account, currentBearer(), stored.size]).toEqual([undefined, undefined, 0]);
  });

  it("is needed again once the key has ended", async () => {
    const signIn = open();
    await signIn.withKey("mw_a_secret");
    known = [];
    await expect(signIn.protocols()).rejects.toThrow(SignInNeeded);
  });

  it("asks again what the gateway wants when a session could not be opened", async () => {
    known = undefined;
    const signIn = open();
    await signIn.protocols();
    known = [];
    signIn.doubt();
    await expect(signIn.protocols()).rejects.toThrow(SignInNeeded);
  });

  it("ends with signing out, for requests too", async () => {
    const signIn = open();
    await signIn.withKey("mw_a_secret");
    signIn.out();
    expect((await ask("v1/me")).status).toBe(401);
    await expect(signIn.protocols()).rejects.toThrow(SignInNeeded);
  });

  it("leads back to the page that the person came from, once, and to no other place", () => {
    const page = new URL("https://masks.example/tool/");
    const from = (href: string) => stored.set("maskwire-signing-in-from", href);
    from("https://masks.example/tool/datasets/birds?page=2");
    expect(open().takeWayBack(page)?.href).toBe("https://masks.example/tool/datasets/birds?page=2");
    expect(open().takeWayBack(page)).toBeUndefined();
    for (const odd of ["https://masks.example/other", "https://masks.example.evil/tool/", "javascript:alert(1)", "x"]) {
      from(odd);
      expect(open().takeWayBack(page), odd).toBeUndefined();
    }
  });

  it("does not take a gateway that is away for one that refuses", async () => {
    vi.stubGlobal("fetch", async () => new Response(null, { status: 503 }));
    await expect(open().withKey("mw_a_secret")).rejects.toThrow(TypeError);
    await expect(open().protocols()).rejects.toThrow(TypeError);
  });
});
