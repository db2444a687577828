import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { clickOn } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { joinBrowser } from "./chromium.js";
import { scene, scenePhoto } from "./page.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let site: Server;
let maskwire: Awaited<ReturnType<typeof startMaskwire>>;
let url: string;

/** Somebody's page: its own picture, its own colours, and one line of ours. */
const demo = (gateway: string) => `<!doctype html>
<html lang="en">
<title>A page of somebody else's</title>
<style>maskwire-image { inline-size: 480px; --maskwire-colour: rgb(255 0 0); --maskwire-opacity: 1; }</style>
<main>
<h1>Point at it</h1>
<maskwire-image src="picture.jpg" gateway="${gateway}" alt="A scene"></maskwire-image>
</main>
<script>
  window.told = [];
  for (const name of ["ready", "mask", "clear", "error"]) {
    document.addEventListener("maskwire-" + name, ({ detail }) => told.push([name, detail?.mask?.area ?? String(detail?.error ?? "")]));
  }
</script>
<script type="module" src="element.js"></script>
</html>`;

beforeAll(async () => {
  const picture = await scenePhoto(77);
  const element = readFileSync(join(projectRoot, "web-client", "sdk", "dist", "element.js"));
  site = createServer((request, response) => {
    if (request.url === "/picture.jpg") response.setHeader("content-type", "image/jpeg").end(picture);
    else if (request.url === "/element.js") response.setHeader("content-type", "text/javascript").end(element);
    else if (request.url === "/no-picture.jpg") response.writeHead(404).end();
    else response.setHeader("content-type", "text/html").end(demo(maskwire.url));
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  [browser, maskwire] = await Promise.all([
    joinBrowser(inject("browser")),
    startMaskwire({ ...tinyModelEnv(), MASKWIRE_ORIGINS: url }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await maskwire?.stop();
  site?.closeAllConnections();
  site?.close();
});

const told = (page: Page) => page.evaluate("window.told") as Promise<[name: string, what: number | string][]>;
const until = (page: Page, count: number) =>
  expect.poll(async () => (await told(page)).length).toBeGreaterThanOrEqual(count);

/** Where the red of masks lies, in shares of the picture. */
const reds = (page: Page) =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("maskwire-image").shadowRoot.querySelector("[part=mask]");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] === 255 && data[at + 3] === 255) count++;
    return count / (canvas.width * canvas.height);
  })()`) as Promise<number>;

it("W2, W4: a page of a listed origin has its picture pointed at, by pointer and by keys, in its own colours", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await page.goto(url);
    await until(page, 1);
    expect(await told(page)).toEqual([["ready", ""]]);
    const box = (await page.locator("maskwire-image [part=image]").boundingBox()) as {
      x: number;
      y: number;
      width: number;
      height: number;
    };
    const { x, y } = clickOn("disc");
    await page.mouse.click(box.x + (x / scene.width) * box.width, box.y + (y / scene.height) * box.height);
    await until(page, 2);
    const [, [name, area]] = (await told(page)) as [unknown, [string, number]];
    expect(name).toBe("mask");
    expect(area).toBeGreaterThan(0);
    const share = area / (scene.width * scene.height);
    expect(Math.abs((await reds(page)) - share)).toBeLessThan(0.01);
    const status = page.locator("maskwire-image [part=status]");
    expect(await status.textContent()).toMatch(/^Selected: \d+ % of the picture\.$/);
    const png = (await page.evaluate(`document.querySelector("maskwire-image").cutOut()
      .then((file) => file.arrayBuffer()).then((bytes) => [...new Uint8Array(bytes)])`)) as number[];
    const { width, height, channels } = await sharp(Buffer.from(png)).metadata();
    expect({ width, height, channels }).toEqual({ width: scene.width, height: scene.height, channels: 4 });
    expect((await sharp(Buffer.from(png)).stats()).channels[3]?.mean).toBeCloseTo(255 * share, 1);

    // Without a pointer: begun anew, the cursor moved, a spot taken and another left out.
    await page.locator("maskwire-image [part=stage]").focus();
    await page.keyboard.press("Escape");
    await until(page, 3);
    expect(await reds(page)).toBe(0);
    for (const key of ["ArrowLeft", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    await until(page, 4);
    for (const key of ["ArrowRight", "ArrowRight", "Shift+Enter"]) await page.keyboard.press(key);
    await until(page, 5);
    expect((await told(page)).map(([one]) => one)).toEqual(["ready", "mask", "clear", "mask", "mask"]);

    await page.evaluate(axe);
    const found = (await page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id }) => id))",
    )) as string[];
    expect(found).toEqual([]);

    await page.evaluate(`document.querySelector("maskwire-image").setAttribute("src", "no-picture.jpg")`);
    await until(page, 6);
    expect((await told(page)).at(-1)).toEqual(["error", "Error: The picture could not be loaded."]);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
});
