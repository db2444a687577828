import { describe, expect, it } from "vitest";
import { PictureHosts } from "./picture-hosts.js";

const hostOf = (url: string) => new URL(url).hostname;

describe("U2: hosts that are allowed", () => {
  it.each([
    [["example.org"], "http://example.org/", "named"],
    [["Example.ORG"], "http://example.org./", "named"],
    [["example.org"], "http://www.example.org/", undefined],
    [["example.org"], "http://notexample.org/", undefined],
    [["*.example.org"], "http://www.example.org/", "matched"],
    [["*.example.org"], "http://a.b.example.org/", "matched"],
    [["*.example.org"], "http://example.org/", undefined],
    [["*.example.org"], "http://example.org.evil.test/", undefined],
    [["bücher.example"], "http://bücher.example/", "named"],
    [["127.0.0.1"], "http://127.0.0.1/", "named"],
    [["127.0.0.1"], "http://0x7f.1/", "named"],
    [["127.0.0.1"], "http://localhost/", undefined],
    [["::1"], "http://[0:0::1]/", "named"],
    [["*.1"], "http://127.0.0.1/", undefined],
    [["*"], "http://example.org/", "matched"],
    [["*"], "http://8.8.8.8/", "matched"],
    [["*"], "http://127.0.0.1/", undefined],
    [["*"], "http://2130706433/", undefined],
    [["*"], "http://[::ffff:127.0.0.1]/", undefined],
    [["*"], "http://[::1]/", undefined],
    [["*", "localhost"], "http://localhost/", "named"],
    [[], "http://example.org/", undefined],
  ])("%j: %s is %s", (hosts, url, grant) => {
    expect(new PictureHosts(hosts).grant(hostOf(url))).toBe(grant);
  });

  it("are none when none are listed", () => {
    expect(new PictureHosts([]).isEmpty).toBe(true);
    expect(new PictureHosts(["*"]).isEmpty).toBe(false);
  });
});
