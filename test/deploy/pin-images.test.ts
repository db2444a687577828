import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { digestOf, files, imagesIn, pin } from "./pin-images.js";

const read = (file: string) => readFileSync(join(projectRoot, "deploy", file), "utf8");
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

describe("images that are not ours", () => {
  const all = files.flatMap((file) => imagesIn(read(file)));

  it("are named by a version, the same wherever one is named", () => {
    expect(new Set(all.map(({ image }) => image.split(":")[0]))).toEqual(
      new Set(["node", "debian", "nvidia/cuda", "valkey/valkey", "haproxy"]),
    );
    const versions = new Map(all.map(({ image }) => [image.split(":")[0], image]));
    for (const { image } of all) expect(versions.get(image.split(":")[0])).toBe(image);
    expect(all.filter(({ image }) => /:latest$/.test(image))).toEqual([]);
  });

  it("have one digest, or none yet", () => {
    const digests = new Map(all.map(({ image, digest: one }) => [image, one]));
    for (const { image, digest: one } of all) expect(digests.get(image), image).toBe(one);
  });

  it("are found by the script in every file that names one", () => {
    const paths = readdirSync(join(projectRoot, "deploy"), { recursive: true, encoding: "utf8" });
    const others = paths.filter((path) => /\.yaml$|Dockerfile$/.test(path) && !files.includes(path));
    for (const path of others) expect(imagesIn(read(path)), path).toEqual([]);
  });

  it("are pinned in place, and pinned anew", () => {
    for (const file of files) {
      const text = read(file);
      const pinnedTo = (digit: string) => new Map(imagesIn(text).map(({ image }) => [image, digest(digit)]));
      const once = pin(text, pinnedTo("a"));
      expect(imagesIn(once)).toEqual(imagesIn(text).map(({ image }) => ({ image, digest: digest("a") })));
      // Nothing else has changed.
      expect(once.replaceAll(`@${digest("a")}`, "").replace(/\n +digest: sha256:a+/g, "")).toBe(
        text.replaceAll(/@sha256:[0-9a-f]{64}/g, "").replace(/\n +digest: sha256:[0-9a-f]+/g, ""),
      );
      expect(pin(once, pinnedTo("b"))).toBe(once.replaceAll("a".repeat(64), "b".repeat(64)));
    }
    expect(() => pin("  image: some/thing:1", new Map())).toThrow("There is no digest of some/thing:1.");
  });
});

it("asks a registry for what a tag means, with the token that it wants", async () => {
  const asked: string[] = [];
  const server = createServer(({ url = "", method, headers }, response) => {
    asked.push(`${method} ${url}`);
    if (url.startsWith("/token")) return response.end(JSON.stringify({ token: "for-everybody" }));
    const { port } = server.address() as AddressInfo;
    if (headers.authorization !== "Bearer for-everybody") {
      response.setHeader(
        "www-authenticate",
        `Bearer realm="http://127.0.0.1:${port}/token",service="hub",scope="pull"`,
      );
      return response.writeHead(401).end();
    }
    if (!url.endsWith("/1.2")) return response.writeHead(404).end();
    return response.setHeader("docker-content-digest", digest("c")).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await digestOf("node:1.2", hub)).toBe(digest("c"));
    expect(asked).toEqual([
      "HEAD /v2/library/node/manifests/1.2",
      "GET /token?service=hub&scope=pull",
      "HEAD /v2/library/node/manifests/1.2",
    ]);
    await expect(digestOf("valkey/valkey:9", hub)).rejects.toThrow("does not know valkey/valkey:9: HTTP 404.");
    expect(asked.at(-1)).toBe("HEAD /v2/valkey/valkey/manifests/9");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
