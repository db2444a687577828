import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { documentation } from "./documentation.js";

const root = join(projectRoot, "dist", "docs");

describe("H25: the documentation", () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = fastify();
    await app.register(documentation);
  });
  afterAll(() => app.close());
  const get = (url: string, encoding = "identity") => app.inject({ url, headers: { "accept-encoding": encoding } });

  it("is at /docs, and says so relative to where a proxy serves it", async () => {
    const { statusCode, headers } = await get("/docs");
    expect([statusCode, headers.location]).toEqual([308, "docs/"]);
    expect((await get("/docs/")).payload).toBe((await get("/docs/index.html")).payload);
  });

  it("is pages that are asked for anew, and may run nothing but the folder's own script", async () => {
    for (const page of readdirSync(root).filter((one) => /(?<!404)\.html$/.test(one))) {
      const { statusCode, headers, payload } = await get(`/docs/${page}`);
      expect([page, statusCode]).toEqual([page, 200]);
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(headers["cache-control"]).toBe("no-cache");
      expect(payload).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    }
  });

  it("is scripts, styles and an index that are kept, and come compressed", async () => {
    const named = readdirSync(join(root, "assets")).filter((name) => /\.(js|css|json)$/.test(name));
    expect(named.length).toBe(3);
    for (const name of named) {
      const [plain, compressed] = [await get(`/docs/assets/${name}`), await get(`/docs/assets/${name}`, "gzip")];
      expect(compressed.headers).toMatchObject({
        "content-encoding": "gzip",
        vary: "accept-encoding",
        "cache-control": "public, max-age=31536000, immutable",
      });
      expect(gunzipSync(compressed.rawPayload).equals(plain.rawPayload)).toBe(true);
    }
  });

  it.each([
    ["/docs/nothing.html", "./"],
    ["/docs/404.html", "./"],
    ["/docs/deep/down/nothing", "../../"],
  ])("answers %s with a page that leads on", async (url, base) => {
    const { statusCode, headers, payload } = await get(url);
    expect(statusCode).toBe(404);
    expect(headers["content-security-policy"]).toContain("base-uri 'self'");
    expect(payload).toContain(`<base href="${base}">`);
    expect(payload).toContain('href="index.html"');
  });
});
