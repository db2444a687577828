import { describe, expect, it } from "vitest";
import { callerAt, networkOf } from "./caller.js";

describe("who asks", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    ["::1", "::/64"],
    [undefined, "nowhere"],
    ["", "nowhere"],
    ["in-process", "in-process"],
  ])("at %s counts as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("is one caller at every address of a network, and another beside it", () => {
    const keyAt = (address: string) => callerAt(address).key;
    expect(keyAt("2001:db8:1:2::1")).toBe(keyAt("2001:db8:1:2::2"));
    expect(keyAt("2001:db8:1:2::1")).not.toBe(keyAt("2001:db8:1:3::1"));
    expect(keyAt("203.0.113.7")).not.toBe(keyAt("203.0.113.8"));
  });

  it("is named without its address", () => {
    expect(callerAt("203.0.113.7").key).toMatch(/^[\w-]{16}$/);
  });
});
