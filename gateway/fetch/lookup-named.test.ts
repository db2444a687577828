import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { candidatesOf, type LocalNames, parseHosts, parseResolver } from "./local-names.js";
import type { LookupAll } from "./lookup-by-dns.js";
import { lookupNamed } from "./lookup-named.js";

const cluster = { search: ["team.svc.cluster.local", "cluster.local"], ndots: 5 };
const names: LocalNames = { hosts: parseHosts("10.0.0.7 pictures\n::1 pictures # both\n"), ...cluster };

/** A name server that knows one name, says what it was asked, and is silent about the rest where told so. */
function nameServer(knows: Record<string, string>, isSilent = false) {
  const asked: string[] = [];
  const lookup: LookupAll = (host, _options, done) => {
    asked.push(host);
    const address = knows[host];
    if (address !== undefined) done(null, [{ address, family: 4 }]);
    else if (!isSilent) done(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);
  };
  return { asked, lookup };
}

const found = (lookup: LookupAll, host: string, family = 0) =>
  new Promise<LookupAddress[]>((resolve, reject) => {
    lookup(host, { all: true, family }, (error, all) => (error ? reject(error) : resolve(all)));
  });

describe("U2: the address of a host that was named itself", () => {
  it("is what the hosts file says, in the family that is asked for", async () => {
    const { asked, lookup } = nameServer({});
    const named = lookupNamed(lookup, () => names);
    expect(await found(named, "Pictures")).toEqual([
      { address: "10.0.0.7", family: 4 },
      { address: "::1", family: 6 },
    ]);
    expect(await found(named, "pictures", 6)).toEqual([{ address: "::1", family: 6 }]);
    expect(asked).toEqual([]);
  });

  it("is looked for in the search domains, one after the other", async () => {
    const { asked, lookup } = nameServer({ "store.cluster.local": "10.0.0.8" });
    expect(
      await found(
        lookupNamed(lookup, () => names),
        "store",
      ),
    ).toEqual([{ address: "10.0.0.8", family: 4 }]);
    expect(asked).toEqual(["store.team.svc.cluster.local", "store.cluster.local"]);
  });

  it("is unknown when nobody knows it, as the last one asked says", async () => {
    const { lookup } = nameServer({});
    await expect(
      found(
        lookupNamed(lookup, () => names),
        "store",
      ),
    ).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("is given up when no server answers, and nothing more is asked then", async () => {
    const { asked, lookup } = nameServer({}, true);
    await expect(
      found(
        lookupNamed(lookup, () => names, 20),
        "store",
      ),
    ).rejects.toMatchObject({ code: "ETIMEOUT" });
    expect(asked).toEqual(["store.team.svc.cluster.local"]);
  });
});

describe("what a machine calls its neighbours", () => {
  it("reads a hosts file", () => {
    const text = "# our own\n127.0.0.1\tlocalhost  loop\n\nfe80::1%lo0 link\nnot-an-address x\n10.0.0.1 LOOP\n";
    expect([...parseHosts(text)]).toEqual([
      ["localhost", [{ address: "127.0.0.1", family: 4 }]],
      [
        "loop",
        [
          { address: "127.0.0.1", family: 4 },
          { address: "10.0.0.1", family: 4 },
        ],
      ],
      ["link", [{ address: "fe80::1%lo0", family: 6 }]],
    ]);
  });

  it.each([
    ["", { search: [], ndots: 1 }],
    ["nameserver 10.0.0.10\nsearch a.test b.test.\noptions edns0 ndots:5", { search: ["a.test", "b.test"], ndots: 5 }],
    ["search a.test\ndomain b.test\noptions ndots:x", { search: ["b.test"], ndots: 1 }],
  ])("reads %j of a resolver", (text, expected) => {
    expect(parseResolver(text)).toEqual(expected);
  });

  it.each([
    ["a", ["a.x.test", "a.y.test", "a"]],
    ["a.b", ["a.b", "a.b.x.test", "a.b.y.test"]],
    ["a.", ["a"]],
  ])("asks for %j in this order: %j", (host, expected) => {
    expect(candidatesOf(host, { search: ["x.test", "y.test"], ndots: 1 })).toEqual(expected);
  });
});
