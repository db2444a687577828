import type { Page, Request } from "playwright-core";
import { describe, expect, it } from "vitest";
import { decodeRle, type MaskRuns, rleIou } from "../../proto/index.js";
import { SlowLink } from "../support/slow-link.js";
import { bytesOf, type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

/** What only a decoder in the browser needs. */
const isOfDecoder = (url: string) => /decode-worker|ort[.-]|\.onnx|\/decoder$|\/embedding/.test(url);

async function openReady(url?: string): Promise<ClientPage> {
  const page = await stack.openAsItIs(url);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

const choiceOf = ({ page }: ClientPage) => page.getByTestId("decoding");

/** Waits until the choice has these values in its data attributes. */
async function untilDecoding({ page }: ClientPage, data: Record<string, string>): Promise<void> {
  const wanted = Object.entries(data).map(([key, value]) => `[data-${key}="${value}"]`);
  await page.locator(`#decoding${wanted.join("")}`).waitFor({ timeout: 60_000 });
}

/** The next of the choices, by keyboard. */
async function choose(page: ClientPage, next: "server" | "here"): Promise<void> {
  await choiceOf(page).focus();
  await page.page.keyboard.press("ArrowDown");
  expect(await choiceOf(page).inputValue()).toBe(next);
}

async function decodeHere(page: ClientPage): Promise<void> {
  await choiceOf(page).selectOption("here");
  await untilDecoding(page, { place: "here", "takes-masks": "true" });
}

/** Where the last click was decoded, once its answer is drawn. */
async function placeOfClick({ page }: ClientPage): Promise<string> {
  return (await page.getByTestId("legend").getAttribute("data-place")) ?? "";
}

/** The mask in hand, from the file that the page makes of it. */
async function maskOf({ page }: ClientPage): Promise<MaskRuns> {
  await page.getByTestId("take-format").selectOption("rle");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("take-one").click()]);
  const file = JSON.parse((await bytesOf(download)).toString());
  return decodeRle(file.segmentation ?? file);
}

async function clear(page: ClientPage): Promise<void> {
  await page.page.keyboard.press("Escape");
  await page.until({ points: 0, box: "false" });
}

/** One object after the other: what every kind of prompt makes of the scene. */
async function everyPrompt(page: ClientPage): Promise<{ mask: MaskRuns; place: string }[]> {
  const made: { mask: MaskRuns; place: string }[] = [];
  const keep = async (points: number) => {
    await page.until({ "mask-look": "final", points, waiting: 0 });
    made.push({ mask: await maskOf(page), place: await placeOfClick(page) });
  };
  await page.click(scene.disc);
  await keep(1);
  await page.page.keyboard.press("2");
  made.push({ mask: await maskOf(page), place: await placeOfClick(page) });
  // From the second candidate's logits on, and then from that answer's.
  await page.click({ x: scene.disc.x + 0.05, y: scene.disc.y });
  await keep(2);
  await page.click({ x: 0.5, y: 0.05 }, "right");
  await keep(3);
  await clear(page);
  await page.drag(
    { x: scene.plate.x - 0.2, y: scene.plate.y - 0.2 },
    { x: scene.plate.x + 0.2, y: scene.plate.y + 0.2 },
  );
  await page.until({ box: "true" });
  await keep(0);
  await page.click(scene.plate);
  await keep(1);
  return made;
}

/** Counts previews as they are drawn: those of two objects in turn differ in their area. */
async function countPreviews(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`{
    const canvas = document.querySelector("#canvas");
    let count = 0;
    let area = "0";
    new MutationObserver(() => {
      const { previewArea = "0" } = canvas.dataset;
      if (previewArea !== "0" && previewArea !== area) canvas.dataset.previews = String(++count);
      area = previewArea;
    }).observe(canvas, { attributeFilter: ["data-preview-area"] });
  }`);
  return async () => Number((await page.getByTestId("canvas").getAttribute("data-previews")) ?? 0);
}

/** Goes from object to object and back until it is enough. */
async function sweep(page: ClientPage, isEnough: () => Promise<boolean>): Promise<void> {
  for (let at = 0; !(await isEnough()); at++) await page.hover(at % 2 === 0 ? scene.disc : scene.plate);
}

describe("decoding in the browser", () => {
  it("gives the server's masks for every kind of prompt, with what it fetches from the page's own gateway alone, and not before it is used; it is chosen by keyboard, remembered, and given up again", async () => {
    const requests: Request[] = [];
    const page = await stack.openAsItIs();
    page.page.on("request", (request) => requests.push(request));
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    await page.click(scene.disc);
    await page.until({ "mask-look": "final" });
    expect(requests.map((request) => request.url()).filter(isOfDecoder)).toEqual([]);

    await clear(page);
    // The page by itself would leave a server that is slow to answer, as one is on a busy machine.
    await choose(page, "server");
    const theirs = await everyPrompt(page);
    await clear(page);
    await choose(page, "here");
    await untilDecoding(page, { place: "here", "takes-masks": "true" });
    const urls = requests.map((request) => request.url());
    expect(urls.filter(isOfDecoder).length).toBeGreaterThanOrEqual(7);
    expect(urls.filter((url) => !url.startsWith(stack.maskwire.url) && !/^(blob|data):/.test(url))).toEqual([]);
    const wasm = requests.find((request) => request.url().endsWith(".wasm"));
    const headers = (await (await wasm?.response())?.allHeaders()) ?? {};
    expect(headers).toMatchObject({
      "content-type": "application/wasm",
      "content-encoding": "gzip",
      vary: "accept-encoding",
    });

    const ours = await everyPrompt(page);
    expect(ours.map(({ place }) => place)).toEqual(ours.map(() => "here"));
    expect(theirs.map(({ place }) => place)).toEqual(theirs.map(() => "server"));
    for (const [index, { mask }] of ours.entries()) {
      expect(rleIou(mask, theirs[index]!.mask)).toBeGreaterThanOrEqual(0.999);
    }
    // They are masks of different things, so that the comparison says something.
    expect(rleIou(ours[0]!.mask, ours.at(-1)!.mask)).toBeLessThan(0.5);

    await clear(page);
    await page.page.reload();
    await page.until({ state: "ready", points: 0 });
    expect(await choiceOf(page).inputValue()).toBe("here");
    await untilDecoding(page, { place: "here" });
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
    expect(await placeOfClick(page)).toBe("here");
    await choiceOf(page).selectOption("server");
    await clear(page);
    await page.click(scene.plate);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
    expect(await placeOfClick(page)).toBe("server");
  });

  it("is chosen by itself on a slow network, and previews keep coming from this device", async () => {
    await using link = await SlowLink.open({ target: new URL(stack.maskwire.url).host, delayMs: 300 });
    let sent = 0;
    const page = await stack.openAsItIs(link.url, {}, (one) => {
      one.on("websocket", (socket) => socket.on("framesent", () => sent++));
    });
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    expect(await choiceOf(page).inputValue()).toBe("automatic");
    const previews = await countPreviews(page.page);
    await sweep(page, async () => (await page.data("decoding")) === "here");
    const [before, sentBefore] = [await previews(), sent];
    const started = performance.now();
    await sweep(page, async () => (await previews()) >= before + 12);
    const perSecond = ((await previews()) - before) / ((performance.now() - started) / 1000);
    process.stdout.write(`previews decoded here over a network of 600 ms: ${perSecond.toFixed(1)} a second\n`);
    // But for one that sees how the server fares meanwhile.
    expect(sent - sentBefore).toBeLessThanOrEqual(2);
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", waiting: 0 });
    expect(await placeOfClick(page)).toBe("here");
    await page.page.getByTestId("latency-place").getByText("on this device").waitFor();
  });
});

describe("whatever fails here", () => {
  /** The click is the server's, answered once, and nobody is told. */
  async function expectServed(page: ClientPage): Promise<void> {
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
    expect(await placeOfClick(page)).toBe("server");
    expect(await page.page.getByTestId("notice").isVisible()).toBe(false);
  }

  it("a graph of another digest is not run: the server answers", async () => {
    const page = await openReady();
    await page.page.context().route(/\.onnx$/, async (route) => {
      const response = await route.fetch();
      const body = Buffer.from(await response.body());
      body[body.length >> 1]! ^= 1;
      await route.fulfill({ response, body });
    });
    await choiceOf(page).selectOption("here");
    await untilDecoding(page, { decoder: "failed", place: "server" });
    await expectServed(page);
  });

  it("D6: answers that differ from the server's are not shown: the server answers", async () => {
    const page = await openReady();
    await page.page.context().route("**/v1/segment", async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { masks: { predictedIou: number }[] };
      for (const mask of json.masks) mask.predictedIou -= 0.01;
      await route.fulfill({ response, json });
    });
    await choiceOf(page).selectOption("here");
    await untilDecoding(page, { decoder: "failed", place: "server" });
    await expectServed(page);
  });

  it("a worker that cannot be loaded, or (D6) is gone under a click: the server answers, once; by hand it is tried again", async () => {
    const page = await openReady();
    const workers = /assets\/decode-worker/;
    await page.page.context().route(workers, (route) => route.abort());
    await choiceOf(page).selectOption("here");
    await untilDecoding(page, { decoder: "failed", place: "server" });
    await expectServed(page);
    await page.page.context().unroute(workers);
    await choiceOf(page).selectOption("automatic");
    await decodeHere(page);

    await clear(page);
    const worker = page.page.workers().find((one) => one.url().includes("decode-worker"));
    await worker!.evaluate("self.close()").catch(() => {});
    await expectServed(page);
    await untilDecoding(page, { decoder: "failed", place: "server" });
    await page.click({ x: scene.disc.x + 0.03, y: scene.disc.y });
    await page.until({ "mask-look": "final", points: 2, waiting: 0 });
  });
});
