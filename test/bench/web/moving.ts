import { setTimeout } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { jpegScene, sceneClicks } from "../../support/pictures.js";
import { round } from "../report.js";
import { quantile } from "../statistics.js";
import { BarePage } from "./bare-page.js";
import { MaskwirePage } from "./maskwire-page.js";
import { type PresentedFrame, traceFrames } from "./presented.js";

const [width, height] = [4000, 3000];
const steps = 400;
/** Twice a frame: as often as many mice, so that no frame is without one. */
const stepMs = 8;

/** What moving a picture costs. Times of the main thread are a frame's share. */
export interface Moving {
  readonly "frames a second": number;
  readonly "longest frame, ms": number;
  /** JavaScript, style and layout: what the page itself does. */
  readonly "page's own work a frame, ms": number;
  /** That and what Chromium does for it there: without a GPU it rasterises canvases in this thread. */
  readonly "main thread a frame, ms": number;
}

/**
 * A picture of 12 megapixels with a mask on it, moved by the hand tool and by the wheel, with every frame. The baseline: one
 * of that size on a page with nothing else.
 */
export async function measureMoving(
  browser: Browser,
  url: string,
): Promise<Record<"panning" | "zooming" | "bare", Moving>> {
  const bare = await measureBare(browser);
  const page = await MaskwirePage.open(browser, url);
  const { client } = page;
  try {
    await page.choose(await jpegScene(width, height), width);
    await client.until({ state: "ready" });
    await page.click(sceneClicks.disc);
    const { mouse, keyboard } = client.page;
    const middle = await client.place({ x: 0.5, y: 0.5 });
    await mouse.move(middle.x, middle.y);
    for (let notch = 0; notch < 5; notch++) await mouse.wheel(0, -100);
    await keyboard.press("h");
    await client.until({ tool: "pan" });
    await mouse.down();
    const panning = await measure(browser, client.page, (step) => swing(client.page, middle, step));
    await mouse.up();
    const zooming = await measure(browser, client.page, (step) => mouse.wheel(0, step % 120 < 60 ? -15 : 15));
    return { panning, zooming, bare };
  } finally {
    await page.close();
  }
}

async function measureBare(browser: Browser): Promise<Moving> {
  await using bare = await BarePage.open(browser);
  const middle = { x: 435, y: 290 };
  await bare.page.mouse.move(middle.x, middle.y);
  await bare.page.mouse.down();
  return await measure(browser, bare.page, (step) => swing(bare.page, middle, step));
}

async function swing({ mouse }: Page, middle: { x: number; y: number }, step: number): Promise<void> {
  const turn = (step / 120) * 2 * Math.PI;
  await mouse.move(middle.x + 200 * Math.sin(turn), middle.y + 150 * Math.sin(2 * turn));
}

async function measure(browser: Browser, page: Page, move: (step: number) => Promise<void>): Promise<Moving> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1000]));
  };
  let before: Record<string, number> = {};
  let after: Record<string, number> = {};
  const mark = (name: string) => page.evaluate(`void performance.mark("${name}")`);
  const { marks, frames } = await traceFrames(browser, page, async () => {
    before = await read();
    await mark("begin");
    // Not one after the other's answer: the way to the browser and back would be measured.
    const moves: Promise<void>[] = [];
    for (let step = 0; step < steps; step++) {
      moves.push(move(step));
      await setTimeout(stepMs);
    }
    await Promise.all(moves);
    await mark("end");
    after = await read();
  });
  const [begin, end] = ["begin", "end"].map((wanted) => marks.find(({ name }) => name === wanted));
  if (begin === undefined || end === undefined) throw new Error("a trace without its marks");
  const presented = frames.filter(
    (one: PresentedFrame) => one.pid === begin.pid && one.committedMs > begin.atMs && one.committedMs < end.atMs,
  );
  const gaps = presented.slice(1).map((frame, at) => frame.presentedMs - (presented[at] as PresentedFrame).presentedMs);
  const spent = (...names: string[]) =>
    names.reduce((sum, name) => sum + (after[name] ?? 0) - (before[name] ?? 0), 0) / presented.length;
  return {
    "frames a second": round((1000 * presented.length) / (end.atMs - begin.atMs)),
    "longest frame, ms": round(quantile(gaps, 1)),
    "page's own work a frame, ms": round(spent("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")),
    "main thread a frame, ms": round(spent("TaskDuration")),
  };
}
