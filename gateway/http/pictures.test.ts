import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import type { Limit } from "../../services/runtime/limits/limit-hits.js";
import type { LookupAll } from "../fetch/lookup-by-dns.js";
import { observeAsCallers } from "../testing/observe-as-callers.js";
import { pictureRoute } from "./pictures.js";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
const maxImageBytes = 1000;

/** What limits refused in the test under way. */
const limitHits: Limit[] = [];
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  limitHits.length = 0;
  for (const close of closing.splice(0).reverse()) await close();
});

/** Another host, on this machine. */
async function serve(answer: RequestListener): Promise<{ url: string; port: number }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

async function start(
  pictureHosts: string[] = ["127.0.0.1"],
  { lookup, deadlineMs = 10_000 }: { lookup?: LookupAll; deadlineMs?: number } = {},
): Promise<(url: string, init?: RequestInit) => Promise<Response>> {
  const app = fastify({ forceCloseConnections: true });
  observeAsCallers(app);
  const metrics = { limitHit: (limit: Limit) => limitHits.push(limit) };
  await app.register(pictureRoute, { pictureHosts, maxImageBytes, deadlineMs, metrics, ...(lookup ? { lookup } : {}) });
  closing.push(() => app.close());
  const gateway = await app.listen({ host: "127.0.0.1", port: 0 });
  return (url, init) => fetch(`${gateway}/v1/pictures?${new URLSearchParams({ url })}`, init);
}

async function told(response: Response): Promise<{ status: number; code: string; reason?: string; message: string }> {
  const { error } = (await response.json()) as { error: { code: string; reason?: string; message: string } };
  return { status: response.status, ...error };
}

const sends = (bytes: Uint8Array, headers: Record<string, string> = {}) => {
  return (_request: unknown, response: ServerResponse) => response.writeHead(200, headers).end(bytes);
};
const redirects = (to: string) => (_request: unknown, response: ServerResponse) =>
  response.writeHead(302, { location: to }).end();
const resolves =
  (...addresses: string[]): LookupAll =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );

describe("U1: a picture by its URL", () => {
  it("comes as it is, as what it is, for this page only", async () => {
    const { url } = await serve(
      sends(png, { "content-type": "text/html", "content-length": "33", "set-cookie": "a=b" }),
    );
    const response = await (await start())(url);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(png.byteLength),
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "content-disposition": "attachment",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it("comes in pieces of any size", async () => {
    const { url } = await serve(async (_request, response) => {
      for (const byte of png) {
        if (!response.write(Uint8Array.of(byte))) await once(response, "drain");
      }
      response.end();
    });
    const response = await (await start())(url);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png);
  });
});

describe("U2: hosts and addresses", () => {
  it("refuses all when none is listed", async () => {
    expect(await told(await (await start([]))("https://example.org/a.png"))).toMatchObject({
      status: 403,
      code: "PERMISSION_DENIED",
      message: "Pictures are not fetched from other hosts here; upload the file.",
    });
  });

  it("refuses a host that is not listed, before it is asked", async () => {
    const { port } = await serve(() => expect.unreachable());
    const get = await start(["example.org"]);
    expect(await told(await get(`http://127.0.0.1:${port}`))).toMatchObject({
      status: 403,
      message: "Pictures may not be fetched from 127.0.0.1 here.",
    });
  });

  it.each(["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])(
    "refuses a name that leads to %s",
    async (address) => {
      const get = await start(["*.test"], { lookup: resolves(address) });
      expect(await told(await get("http://inside.test/"))).toMatchObject({
        status: 403,
        message: "inside.test is not on the public network.",
      });
    },
  );

  it("asks a host that only a pattern matches at its usual port only", async () => {
    const get = await start(["*"]);
    expect(await told(await get("http://example.org:6379/"))).toMatchObject({
      status: 403,
      message: "Pictures of example.org may be fetched from its usual port only.",
    });
  });

  it("follows redirects, and refuses one that leads inside", async () => {
    const picture = await serve(sends(png));
    const first = await serve(redirects(`${picture.url}/there.png`));
    const get = await start();
    expect((await get(first.url)).status).toBe(200);
    const inside = await serve(redirects("http://[::1]/latest/meta-data"));
    expect(await told(await get(inside.url))).toMatchObject({ status: 403, code: "PERMISSION_DENIED" });
    const renamed = await serve(redirects("http://inside.test/"));
    const matching = await start(["127.0.0.1", "*.test"], { lookup: resolves("192.168.0.1") });
    expect(await told(await matching(renamed.url))).toMatchObject({ status: 403 });
    const elsewhere = await serve(redirects("file:///etc/passwd"));
    expect(await told(await get(elsewhere.url))).toMatchObject({ status: 400 });
  });

  it("follows five redirects and no more", async () => {
    const steps = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end(png);
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    const get = await start();
    expect((await get(`${steps.url}/5`)).status).toBe(200);
    expect(await told(await get(`${steps.url}/6`))).toMatchObject({ status: 502, reason: "PICTURE_HOST" });
  });
});

describe("U3: nothing of the caller", () => {
  it("goes along", async () => {
    let headers: Record<string, unknown> = {};
    const { url } = await serve((request, response) => {
      headers = request.headers;
      response.end(png);
    });
    const get = await start();
    await (await get(url, { headers: { cookie: "a=b", authorization: "Bearer x", referer: "http://here/" } })).blob();
    expect(Object.keys(headers).sort()).toEqual(["accept", "accept-encoding", "connection", "host", "user-agent"]);
  });

  it.each(["", "no address", "ftp://127.0.0.1/", "file:///etc/passwd", "http://me:secret@127.0.0.1/"])(
    "is asked to fetch %j",
    async (url) => expect(await told(await (await start())(url))).toMatchObject({ status: 400 }),
  );
});

describe("U4: what is no picture", () => {
  it.each([
    ["a page", Buffer.from("<html><script>alert(1)</script>")],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["nothing", Buffer.alloc(0)],
  ])("is refused: %s that says it is a PNG", async (_what, bytes) => {
    const { url } = await serve(sends(bytes, { "content-type": "image/png" }));
    expect(await told(await (await start())(url))).toMatchObject({ status: 415, reason: "UNSUPPORTED_IMAGE" });
  });
});

describe("U5: limits and the other side's faults", () => {
  const large = Buffer.concat([png, Buffer.alloc(maxImageBytes)]);

  it("refuses what is announced as too large", async () => {
    const { url } = await serve(sends(large, { "content-length": String(large.byteLength) }));
    expect(await told(await (await start())(url))).toMatchObject({ status: 413, reason: "IMAGE_TOO_LARGE" });
  });

  it("cuts off what turns out too large", async () => {
    let rest = () => {};
    const { url } = await serve((_request, response) => {
      response.write(png);
      rest = () => response.end(large);
    });
    const response = await (await start())(url);
    expect(response.status).toBe(200);
    rest();
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it("says what the other side answered", async () => {
    const { url } = await serve((_request, response) => response.writeHead(404).end());
    expect(await told(await (await start())(url))).toMatchObject({
      status: 502,
      code: "UNAVAILABLE",
      reason: "PICTURE_HOST",
      message: "The picture could not be fetched: 127.0.0.1 answered with HTTP 404.",
    });
  });

  it("says that nobody is there", async () => {
    const gone = await serve(() => {});
    await closing.pop()?.();
    expect(await told(await (await start())(gone.url))).toMatchObject({
      status: 502,
      message: "127.0.0.1 could not be reached (ECONNREFUSED).",
    });
  });

  it("does not wait for ever", async () => {
    const { url } = await serve(() => {});
    expect(await told(await (await start(["127.0.0.1"], { deadlineMs: 100 }))(url))).toMatchObject({
      status: 504,
      code: "DEADLINE_EXCEEDED",
    });
  });

  it("does not wait for ever for the rest", async () => {
    const { url } = await serve((_request, response) => response.write(png));
    const arrives = (await start(["127.0.0.1"], { deadlineMs: 300 }))(url).then((response) => response.arrayBuffer());
    await expect(arrives).rejects.toThrow();
  });

  it("lets go of the other side when the caller leaves", async () => {
    let closed: Promise<unknown> | undefined;
    const { url } = await serve((_request, response) => {
      closed = once(response, "close");
      response.write(png);
    });
    const leaving = new AbortController();
    await (await start())(url, { signal: leaving.signal });
    leaving.abort();
    await closed;
  });
});

describe("U6: one too many", () => {
  /** A host that says nothing until it is told to, and how many have asked it. */
  async function startSilentHost() {
    const waiting: ServerResponse[] = [];
    const { url } = await serve((_request, response) => void waiting.push(response));
    const answer = () => {
      for (const response of waiting.splice(0)) response.end(png);
    };
    return { url, asked: () => waiting.length, answer };
  }

  const from = (caller: string) => ({ headers: { "x-forwarded-for": caller } });
  const bytesOf = (response: Response) => response.arrayBuffer();

  it("of all is told to come again, and finds room when others are done", async () => {
    const { url, asked, answer } = await startSilentHost();
    const get = await start();
    const answers = Array.from({ length: 16 }, (_, index) => get(url, from(`203.0.113.${index}`)).then(bytesOf));
    await expect.poll(asked).toBe(16);
    const refused = await get(url, from("203.0.113.99"));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(limitHits).toEqual(["fetches"]);
    answer();
    await Promise.all(answers);
    const later = get(url, from("203.0.113.99"));
    await expect.poll(asked).toBe(1);
    answer();
    expect((await later).status).toBe(200);
  });

  it("of one caller leaves room for others (A3)", async () => {
    const { url, asked, answer } = await startSilentHost();
    const get = await start();
    const mine = Array.from({ length: 40 }, () => get(url, from("203.0.113.7")));
    await expect.poll(() => limitHits.length).toBe(28);
    await expect.poll(asked).toBe(12);
    expect(new Set(limitHits)).toEqual(new Set(["fetches_share"]));
    const others = get(url, from("203.0.113.8"));
    await expect.poll(asked).toBe(13);
    answer();
    expect((await others).status).toBe(200);
    const statuses = (await Promise.all(mine)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(28);
  });
});
