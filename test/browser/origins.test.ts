import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { openBrowser } from "./chromium.js";
import { scenePhoto } from "./page.js";

/** Names that only this browser turns to loopback, as a hostile DNS would. */
const rebinding = "attacker.example";

/** What a page of somebody else's may try. Each says how it went. */
const attempts = `async (gateway, photo) => {
  const told = (answer) => answer.text().then((text) => ({ status: answer.status, id: answer.headers.get("x-request-id"), text }));
  const fetched = (path, init) => fetch(gateway + path, init).then(told, (error) => String(error));
  const body = new Blob([Uint8Array.from(photo)], { type: "image/jpeg" });
  const upload = await fetched("/v1/images", { method: "POST", body });
  const imageId = /sha256:[0-9a-f]{64}/.exec(upload.text ?? "")?.[0] ?? "sha256:" + "a".repeat(64);
  const json = JSON.stringify({ imageId, prompt: { points: [{ x: 10, y: 10 }] } });
  const headers = { "content-type": "application/json" };
  const socket = new Promise((resolve) => {
    const ws = new WebSocket(gateway.replace("http", "ws") + "/v1/ws");
    ws.onmessage = ({ data }) => { resolve(String(data)); ws.close(); };
    ws.onclose = ({ code }) => resolve(code);
  });
  return {
    upload,
    lines: await fetched("/v1/images", { method: "POST", body, headers: { accept: "application/x-ndjson" } }),
    segment: await fetched("/v1/segment", { method: "POST", body: json, headers }),
    simple: await fetched("/v1/segment", { method: "POST", body: json, mode: "no-cors" }),
    look: await fetched("/v1/images/" + imageId),
    shown: await new Promise((resolve) => {
      const image = Object.assign(new Image(), { src: gateway + "/v1/images/" + imageId + "/embedding" });
      image.onload = () => resolve("loaded");
      image.onerror = () => resolve("refused");
    }),
    socket: await socket,
  };
}`;

type Told = { status: number; id: string | null; text: string } | string;
interface Outcome {
  upload: Told;
  lines: Told;
  segment: Told;
  simple: Told;
  look: Told;
  shown: string;
  socket: string | number;
}

/** A page of an origin of its own, with nothing in it. */
class OtherSite implements AsyncDisposable {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(): Promise<OtherSite> {
    const server = createServer((_request, response) =>
      response.setHeader("content-type", "text/html").end("<!doctype html><title>Another site</title>"),
    );
    await once(server.listen(0, "127.0.0.1"), "listening");
    return new OtherSite(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

let browser: Browser;
let friend: OtherSite;
let stranger: OtherSite;
let maskwire: Awaited<ReturnType<typeof startMaskwire>>;
let photo: number[];

beforeAll(async () => {
  [browser, friend, stranger] = await Promise.all([
    openBrowser([`--host-resolver-rules=MAP ${rebinding} 127.0.0.1`]),
    OtherSite.open(),
    OtherSite.open(),
  ]);
  photo = [...(await scenePhoto(31))];
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_ORIGINS: `http://127.0.0.1:${friend.port}` });
});
afterAll(async () => {
  await browser?.close();
  for (const one of [friend, stranger, maskwire]) await one?.[Symbol.asyncDispose]();
});

/** Has a page try everything. */
const tryIn = (page: Page, gateway: string): Promise<Outcome> =>
  page.evaluate(`(${attempts})(${JSON.stringify(gateway)}, ${JSON.stringify(photo)})`);

/** Opens a page, has it try everything, and reads what the browser wrote into its console meanwhile. */
async function tryFrom(url: string, gateway: string): Promise<{ outcome: Outcome; log: string }> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const log: string[] = [];
    page.on("console", (message) => log.push(message.text()));
    await page.goto(url);
    return { outcome: await tryIn(page, gateway), log: log.join("\n") };
  } finally {
    await context.close();
  }
}

describe("in Chromium", () => {
  it("W2, W4, W5: a page of a listed origin uploads, asks, reads and opens a WebSocket", async () => {
    const { outcome } = await tryFrom(`http://127.0.0.1:${friend.port}/`, maskwire.url);
    const read = { id: expect.any(String) };
    expect(outcome).toMatchObject({
      upload: { ...read, status: 200 },
      lines: { ...read, status: 200, text: expect.stringContaining('"ready"') },
      segment: { ...read, status: 200, text: expect.stringContaining('"masks"') },
      look: { ...read, status: 200 },
      // Its pages read what they ask for by CORS, and show nothing as if it were their own.
      shown: "refused",
      socket: expect.stringContaining('"welcome"'),
    });
  });

  it("W2, W3, W4: a page of any other can do none of it, and the console says why", async () => {
    const { outcome, log } = await tryFrom(`http://127.0.0.1:${stranger.port}/`, maskwire.url);
    const refused = "TypeError: Failed to fetch";
    expect(outcome).toEqual({
      upload: refused,
      lines: refused,
      segment: refused,
      // Sent without asking first, refused, and its answer kept from the page.
      simple: refused,
      look: refused,
      shown: "refused",
      socket: 1006,
    });
    expect(log).toContain("blocked by CORS policy");
    expect(log).toMatch(/WebSocket connection to .* failed: .*403/);
  });

  it("W1: a page whose name has been turned to the gateway since is told nothing", async () => {
    const page = await browser.newPage();
    const hostile = await OtherSite.open();
    const url = `http://${rebinding}:${hostile.port}`;
    await page.goto(`${url}/`);
    // Now its name and port are those of a gateway that knows nothing of it.
    await hostile[Symbol.asyncDispose]();
    await using turned = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PORT: String(hostile.port) });
    expect(turned.host.port).toBe(hostile.port);
    const outcome = await tryIn(page, url);
    for (const told of [outcome.upload, outcome.lines, outcome.segment, outcome.simple, outcome.look]) {
      expect(told).toMatchObject({ status: 421, text: expect.stringContaining("MASKWIRE_PUBLIC_HOSTS") });
    }
    expect([outcome.shown, outcome.socket]).toEqual(["refused", 1006]);
    expect((await page.goto(`${url}/`))?.status()).toBe(421);
    await page.close();
  });

  it("W3: a link to the page opens it", async () => {
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${stranger.port}/`);
      const opened = page.waitForEvent("response", (answer) => answer.url() === `${maskwire.url}/`);
      await page.evaluate(`location.href = ${JSON.stringify(`${maskwire.url}/`)}`);
      expect((await opened).status()).toBe(200);
    } finally {
      await page.close();
    }
  });
});
