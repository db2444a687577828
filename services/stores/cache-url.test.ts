import { describe, expect, it } from "vitest";
import { type CacheUrl, parseCacheUrl } from "./cache-url.js";

const local = { host: "localhost", port: 6379 };

describe("forms that are right", () => {
  const cases: [string, CacheUrl][] = [
    ["redis://localhost", { topology: { kind: "single", node: local }, tls: false, database: 0 }],
    [
      "rediss://user:p%40ss%2F@10.0.0.1:6380/2",
      {
        topology: { kind: "single", node: { host: "10.0.0.1", port: 6380 } },
        tls: true,
        username: "user",
        password: "p@ss/",
        database: 2,
      },
    ],
    [
      "redis://:a@b:c@[::1]:1?db=3",
      {
        topology: { kind: "single", node: { host: "::1", port: 1 } },
        tls: false,
        password: "a@b:c",
        database: 3,
      },
    ],
    [
      "redis+sentinel://user:pw@h1:26379,h2,[::1]:7/master%20name?db=1",
      {
        topology: {
          kind: "sentinel",
          sentinels: [
            { host: "h1", port: 26379 },
            { host: "h2", port: 26379 },
            { host: "::1", port: 7 },
          ],
          master: "master name",
        },
        tls: false,
        username: "user",
        password: "pw",
        database: 1,
      },
    ],
    [
      "rediss+cluster://h1:7000,h2:7001",
      {
        topology: {
          kind: "cluster",
          nodes: [
            { host: "h1", port: 7000 },
            { host: "h2", port: 7001 },
          ],
        },
        tls: true,
        database: 0,
      },
    ],
  ];
  it.each(cases)("%s", (url, expected) => {
    expect(parseCacheUrl(url)).toEqual(expected);
  });
});

describe("forms that are wrong say what was expected, and nothing of the URL", () => {
  it.each([
    ["http://user:secret@host", /redis:\/\/.*redis\+sentinel.*redis\+cluster/],
    ["redis:/user:secret@host", /redis:\/\//],
    ["user:secret@host:6379", /redis:\/\//],
    ["redis://user:sec ret@host", /redis:\/\//],
    ["redis://user:secret%@host", /percent-encoded/],
    ["redis://user:secret@host:0", /ports from 1 to 65535/],
    ["redis://user:secret@host:65536", /ports from 1 to 65535/],
    ["redis://user:secret@host:secret", /ports from 1 to 65535/],
    ["redis://user:secret@host/secret", /database as a number/],
    ["redis://user:secret@host/1?db=2", /database once/],
    ["redis://user:secret@host?timeout=1", /no parameter but db/],
    ["redis://user:secret@host1,host2", /one host/],
    ["redis+sentinel://user:secret@host:26379", /master's name/],
    ["redis+sentinel://user:secret@host:26379/?db=1", /master's name/],
    ["redis+cluster://user:secret@host:7000/1", /has only 0/],
    ["redis+cluster://user:secret@host:7000?db=1", /has only 0/],
    ["redis+cluster://user:secret@host:7000,", /host:port/],
    ["redis+unix://user:secret@host", /redis:\/\//],
  ])("%s", (url, expected) => {
    expect(() => parseCacheUrl(url)).toThrow(expected);
    expect(() => parseCacheUrl(url)).not.toThrow(/secret|sec ret|user:s/);
  });
});
