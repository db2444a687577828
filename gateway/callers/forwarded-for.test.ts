import { describe, expect, it } from "vitest";
import { TrustedProxies } from "./forwarded-for.js";

const proxies = new TrustedProxies(["10.0.0.0/8", "192.0.2.1", "fd00::/8", "2001:db8::5"]);

describe("who asks behind proxies", () => {
  it.each([
    ["nobody trusted", "203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["no header", "10.1.1.1", "", "10.1.1.1"],
    ["one proxy", "10.1.1.1", "203.0.113.7", "203.0.113.7"],
    ["what a client has made up before the proxy's own word", "10.1.1.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"],
    ["two proxies", "10.1.1.1", "203.0.113.7, 192.0.2.1", "203.0.113.7"],
    ["proxies alone", "10.1.1.1", "10.7.7.7, 10.2.2.2", "10.7.7.7"],
    ["an IPv4 peer written as IPv6", "::ffff:10.1.1.1", "203.0.113.7", "203.0.113.7"],
    ["IPv6", "fd00::1", "2001:db8:7::7, 2001:db8::5", "2001:db8:7::7"],
    ["ports", "10.1.1.1", "203.0.113.7:4711", "203.0.113.7"],
    ["ports of IPv6", "10.1.1.1", "[2001:db8:7::7]:4711", "2001:db8:7::7"],
    ["what is no address", "10.1.1.1", "203.0.113.7, unknown", "10.1.1.1"],
    ["a number", "10.1.1.1", "7", "10.1.1.1"],
    ["an empty hop", "10.1.1.1", "203.0.113.7, ", "10.1.1.1"],
  ])("%s", (_what, peer, header, client) => {
    expect(proxies.clientOf(peer, header)).toBe(client);
  });

  it("trusts nobody with nothing set", () => {
    expect(new TrustedProxies([]).clientOf("127.0.0.1", "203.0.113.7")).toBe("127.0.0.1");
  });
});
