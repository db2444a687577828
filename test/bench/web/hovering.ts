import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { watched } from "../../browser/page.js";
import { watchPreviews } from "../../browser/watch-previews.js";
import { jpegScene, sceneClicks } from "../../support/pictures.js";
import { SlowLink } from "../../support/slow-link.js";
import { round } from "../report.js";
import { median } from "../statistics.js";
import { MaskwirePage } from "./maskwire-page.js";

const [width, height] = [1500, 1000];
/** There and back. */
const networkMs = 100;
const seconds = 8;
/** As often as a mouse tells of itself at 60 frames a second. */
const stepMs = 16;

/** Previews under a pointer that never rests, over a slow network. */
export interface Hovering {
  readonly "previews a second": number;
  /** The baseline: each asked for when the one before has come. */
  readonly "one at a time, a second": number;
  readonly "from the pointer's move to masks, ms": number;
  readonly "at most on their way": number;
}

export async function measureHovering(browser: Browser, url: string): Promise<Hovering> {
  await using link = await SlowLink.open({ target: new URL(url).host, delayMs: networkMs / 2 });
  const page = await MaskwirePage.open(browser, url);
  const { client } = page;
  try {
    const previews = watchPreviews(client.page);
    await client.page.goto(watched(link.url));
    await page.choose(await jpegScene(width, height), width);
    await client.until({ state: "ready" });
    await client.page.getByTestId("decoding").selectOption("server");
    await sweep(page, 2);
    const before = previews.tookMs.length;
    const begun = performance.now();
    await sweep(page, seconds);
    const took = previews.tookMs.slice(before);
    return {
      "previews a second": round(took.length / ((performance.now() - begun) / 1000)),
      "one at a time, a second": round(1000 / median(took)),
      "from the pointer's move to masks, ms": round(median(took)),
      "at most on their way": previews.mostUnderWay,
    };
  } finally {
    await page.close();
  }
}

/** From object to object and back, not waiting for the browser to have taken each move. */
async function sweep({ client }: MaskwirePage, forSeconds: number): Promise<void> {
  const [from, to] = [await client.place(sceneClicks.disc), await client.place(sceneClicks.plate)];
  const steps = (1000 * forSeconds) / stepMs;
  const moves: Promise<void>[] = [];
  for (let step = 0; step < steps; step++) {
    const share = (1 - Math.cos((step / 120) * 2 * Math.PI)) / 2;
    moves.push(client.page.mouse.move(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)));
    await setTimeout(stepMs);
  }
  await Promise.all(moves);
}
