import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { bitmapToRle, encodeRle } from "../../proto/index.js";
import { type ClientPage, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

/* A video in a data set, as people look at it: its frames one after the other, and the track of an object in them. */

const stack = new RealStack();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const frames = 3;
let dataset = "";
let sequence = "";

async function api<Answer>(path: string, body?: object | Uint8Array): Promise<Answer> {
  const sent = body instanceof Uint8Array ? body : JSON.stringify(body);
  const init = body && { method: "POST", body: sent as string };
  const answer = await fetch(new URL(`v1/datasets${path}`, stack.maskwire.url), init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Answer;
}

/** A mask of a square. */
function square(x0: number, y0: number, side: number) {
  const bitmap = new Uint8Array(scene.width * scene.height);
  for (let y = y0; y < y0 + side; y++) bitmap.fill(1, y * scene.width + x0, y * scene.width + x0 + side);
  return encodeRle(bitmapToRle(bitmap, scene.width, scene.height));
}

beforeAll(async () => {
  const labels = [
    { name: "disc", hotKey: "1" },
    { name: "plate", hotKey: "2" },
  ];
  ({ id: dataset } = await api<{ id: string }>("", { name: "Drives", labels, person: "Ann" }));
  const pictures: string[] = [];
  for (let at = 0; at < frames; at++) {
    const path = `/${dataset}/pictures?name=garden/${at}.jpg&person=Ann`;
    pictures.push((await api<{ id: string }>(path, await scenePhoto(31 + at))).id);
  }
  // In another order than they were added in.
  pictures.reverse();
  const made = await api<{ id: string }>(`/${dataset}/sequences`, { name: "garden", pictures, person: "Ann" });
  sequence = made.id;
  const masks = pictures.map((_, frame) => ({
    frame,
    objects: [{ object: 1, state: "TRACK_STATE_TRACKED", mask: { rle: square(40 + 30 * frame, 60, 80) } }],
  }));
  const objects = [{ object: 1, name: "red ball", label: 1 }];
  await api(`/${dataset}/sequences/${sequence}/masks`, { objects, frames: masks, person: "Ann" });
});

async function asAnn(page: Page): Promise<void> {
  await page.addInitScript("try { localStorage['maskwire-person'] ??= 'Ann' } catch {}");
}
const open = (path: string, options: object = {}): Promise<ClientPage> =>
  stack.open(new URL(path, stack.maskwire.url).href, options, asAnn);

async function violations({ page }: ClientPage): Promise<string[]> {
  await page.evaluate(axe);
  const run = `axe.run().then(({ violations }) => violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target + " " + failureSummary)))`;
  return (await page.evaluate(run)) as string[];
}

it("a data set's page lists its videos, and shows the frames of one in their order", async () => {
  const client = await open(`datasets/${dataset}`);
  const { page } = client;
  await page.locator("#sequences a").waitFor();
  expect(await page.locator("#sequences li").innerText()).toContain("3 frames, 1 track");
  await page.getByRole("button", { name: "Show its frames garden" }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("sequence")).toBe(sequence);
  await expect.poll(() => page.locator("#grid .tile").count()).toBe(frames);
  const tiles = await page.locator("#grid .tile").allInnerTexts();
  expect(tiles.map((text) => /\d\.jpg/.exec(text)?.[0])).toEqual(["2.jpg", "1.jpg", "0.jpg"]);
  expect(await violations(client)).toEqual([]);
});

it("frames are gone through by keys, an object is called after its track, and a label is the whole track's", async () => {
  const client = await open(`datasets/${dataset}/annotate?sequence=${sequence}`);
  const { page } = client;
  const place = () => page.locator("#picture-place").innerText();
  await expect.poll(place).toBe("Frame 1 of 3, garden");
  await client.until({ state: "ready" });
  await expect.poll(() => page.locator("#object-list .object-button").innerText()).toContain("red ball");
  await page.keyboard.press("]");
  await expect.poll(place).toBe("Frame 2 of 3, garden");
  await page.keyboard.press("[");
  await expect.poll(place).toBe("Frame 1 of 3, garden");
  await page.locator("#object-list .object-button").click();
  await page.keyboard.press("2");
  const labels = async () => {
    const { objects } = await api<{ objects: { label: number }[] }>(`/${dataset}/objects`);
    return objects.map(({ label }) => label);
  };
  await expect.poll(labels).toEqual([2, 2, 2]);
  await expect.poll(() => page.locator("#object-list .object-button").innerText()).toContain("plate");
  expect(await violations(client)).toEqual([]);
});

it("the same in Chinese, dark, on 320 pixels, nothing of it beside the page", async () => {
  const look = {
    colorScheme: "dark",
    locale: "zh-CN",
    viewport: { width: 320, height: 640 },
    hasTouch: true,
    isMobile: true,
  };
  for (const path of [`datasets/${dataset}`, `datasets/${dataset}/annotate?sequence=${sequence}`]) {
    const client = await open(path, look);
    const { page } = client;
    await page.locator(path.includes("annotate") ? "#picture-place" : "#sequences a").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    expect(await violations(client)).toEqual([]);
  }
});
