import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { callerAt } from "../../services/runtime/callers/caller.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { Callers } from "./callers.js";

const request = (remoteAddress: string | undefined, forwardedFor?: string | string[]) =>
  ({
    socket: { remoteAddress },
    headers: forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor },
  }) as unknown as IncomingMessage;

it("A1 counts by the connection's address, and by what a trusted proxy says", () => {
  const logger = fakeLogger();
  const callers = new Callers({ trustedProxies: ["127.0.0.1"], logger });
  expect(callers.of(request("203.0.113.7"))).toEqual(callerAt("203.0.113.7"));
  expect(callers.of(request("127.0.0.1"))).toEqual(callerAt("127.0.0.1"));
  expect(callers.of(request("127.0.0.1", "198.51.100.1, 203.0.113.7"))).toEqual(callerAt("203.0.113.7"));
  expect(callers.of(request("127.0.0.1", ["198.51.100.1", "203.0.113.7"]))).toEqual(callerAt("203.0.113.7"));
  expect(callers.of(request(undefined))).toEqual(callerAt(undefined));
  expect(logger.lines).toEqual([]);
});

it("A1 takes no stranger's word, and says once what to set if that was a proxy", () => {
  const logger = fakeLogger();
  const callers = new Callers({ trustedProxies: [], logger });
  for (let count = 0; count < 3; count++) {
    expect(callers.of(request("10.1.1.1", `203.0.113.${count}`))).toEqual(callerAt("10.1.1.1"));
  }
  expect(logger.lines).toHaveLength(1);
  expect(JSON.stringify(logger.lines)).toContain("MASKWIRE_TRUSTED_PROXIES");
  expect(JSON.stringify(logger.lines)).toContain("10.1.1.1");
});
