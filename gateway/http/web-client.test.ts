import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fastify from "fastify";
import { describe, expect, it } from "vitest";
import type { Access } from "../../services/runtime/callers/access.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { webClient } from "./web-client.js";

type SignIn = Access["signIn"];

const assets = readdirSync(join(projectRoot, "dist", "site", "assets"));

async function get(url: string, encoding: string, signIn: SignIn = { methods: [] }) {
  const app = fastify();
  await app.register(webClient, { signIn });
  try {
    return await app.inject({ url, headers: { "accept-encoding": encoding } });
  } finally {
    await app.close();
  }
}

it("D5: hands out scripts and compiled code that an isolated page may run", async () => {
  const types = { js: "application/javascript; charset=utf-8", wasm: "application/wasm" } as const;
  for (const [kind, type] of Object.entries(types)) {
    const name = assets.find((one) => one.endsWith(`.${kind}`));
    const { statusCode, headers } = await get(`/assets/${name}`, "gzip, br");
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      "content-type": type,
      "content-encoding": "gzip",
      vary: "accept-encoding",
      // The name has the file's digest in it.
      "cache-control": "public, max-age=31536000, immutable",
      "cross-origin-embedder-policy": "require-corp",
    });
  }
});

it("hands out the same bytes with and without compression", async () => {
  const name = assets.find((one) => one.startsWith("index-") && one.endsWith(".js"));
  const [plain, compressed] = [await get(`/assets/${name}`, "identity"), await get(`/assets/${name}`, "gzip")];
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(compressed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
  expect(gunzipSync(compressed.rawPayload).equals(plain.rawPayload)).toBe(true);
});

it("has the page itself asked for anew each time", async () => {
  const { headers } = await get("/", "gzip");
  expect(headers["cache-control"]).toBe("no-cache");
  expect(headers["content-security-policy"]).toContain("script-src 'self' 'wasm-unsafe-eval'");
});

it("loads little before the first click: 150 KiB of scripts at most, ONNX Runtime not among them", async () => {
  const page = (await get("/", "identity")).payload;
  const scripts = [...page.matchAll(/(?:src|href)="\.(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
  expect(scripts.length).toBeGreaterThan(0);
  const sizes = await Promise.all(scripts.map(async (path) => (await get(path, "gzip")).rawPayload.length));
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(150 * 1024);
  expect(scripts.filter((path) => /\/ort|decode-worker|preact|dialog/.test(path))).toEqual([]);
});

it("D5: lets the page ask the provider of people's tokens, and nobody else", async () => {
  const policyOf = async (signIn?: SignIn) => (await get("/", "identity", signIn)).headers["content-security-policy"];
  expect(await policyOf()).not.toContain("connect-src");
  const oidc = { issuer: "https://id.example.org/realm", clientId: "page", scope: "openid", audience: "masks" };
  const policy = await policyOf({ methods: ["oidc"], oidc });
  expect(policy).toContain("connect-src 'self' https://id.example.org;");
});

describe("the pages of data sets", () => {
  it.each([
    ["/datasets", "./"],
    ["/datasets/", "../"],
    ["/datasets/some-id", "../"],
    ["/datasets/some-id/review", "../../"],
    ["/datasets/some-id/annotate?picture=3", "../../"],
  ])("at %s fetch what they need from where the service is, and nothing else says where that is", async (url, base) => {
    const { statusCode, payload, headers } = await get(url, "identity");
    expect([statusCode, /<base href="([^"]*)"/.exec(payload)?.[1]]).toEqual([200, base]);
    expect(headers["content-security-policy"]).toContain("base-uri 'self'");
    expect(headers["cache-control"]).toBe("no-cache");
  });

  it("are few", async () => {
    expect((await get("/datasets/some-id/other", "identity")).statusCode).toBe(404);
    expect((await get("/", "identity")).headers["content-security-policy"]).toContain("base-uri 'none'");
  });
});
