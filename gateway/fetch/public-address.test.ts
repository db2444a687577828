import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./public-address.js";

const open = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"];

const closed = {
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd00:ec2::254"],
  "link-local": ["169.254.169.254", "fe80::1", "febf::1"],
  shared: ["100.64.0.1", "100.100.100.200"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  broadcast: ["255.255.255.255"],
  reserved: ["192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "2001:db8::1"],
  "the inside of a cloud": ["168.63.129.16", "::ffff:168.63.129.16"],
  "IPv4 mapped into IPv6": ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
  "IPv4 carried in IPv6": [
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::1",
    "2001::7f00:1",
    "::ffff:0:127.0.0.1",
  ],
  "not given out": ["fec0::1", "4000::1", "e000::1"],
  "no address": ["", "localhost", "example.org", "1.2.3.4:80"],
};

describe("U2: an address on the public network", () => {
  it.each(open)("is %s", (address) => expect(isPublicAddress(address)).toBe(true));

  it.each(Object.entries(closed).flatMap(([kind, all]) => all.map((address) => [kind, address])))(
    "is not %s: %s",
    (_kind, address) => expect(isPublicAddress(address)).toBe(false),
  );
});
