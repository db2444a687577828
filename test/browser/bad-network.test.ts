import { describe, expect, it } from "vitest";
import { SlowLink } from "../support/slow-link.js";
import { HeldAnswers } from "./held-answers.js";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const clicks = 24;
/** Over the whole picture, so that each click changes the mask. */
const spots = Array.from({ length: clicks }, (_, at) => ({
  x: 0.08 + 0.84 * ((at * 0.618_034) % 1),
  y: 0.08 + 0.84 * ((at * 0.414_214) % 1),
}));

/** Every other click leaves its spot out; they are made without waiting for answers. */
async function clickAll(page: ClientPage): Promise<void> {
  for (const [at, spot] of spots.entries()) {
    await page.click(spot, at % 2 === 1 ? "right" : "left");
    // Some of them together, some alone.
    if (at % 4 === 3) await page.until({ waiting: 0 });
  }
  await page.until({ "mask-look": "final", points: clicks, waiting: 0, state: "ready", connection: "open" });
}

/** The masks' areas on the way back through the history to its beginning. */
async function areasOnUndo(page: ClientPage): Promise<number[]> {
  const areas: number[] = [];
  for (let points = clicks; points > 0; points--) {
    await page.until({ points, "mask-look": "final" });
    areas.push(await page.area());
    await page.page.keyboard.press("Control+z");
  }
  await page.until({ points: 0 });
  return areas;
}

async function openReady(url: string): Promise<ClientPage> {
  const page = await stack.open(url);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

describe("a bad network: 150 ms there and back, and one piece in a hundred takes the connection down", () => {
  it("costs no click, shows no stale mask and leaves the history as it was made", async () => {
    const good = await openReady(stack.maskwire.url);
    await clickAll(good);
    const expected = await areasOnUndo(good);

    await using link = await SlowLink.open({
      target: new URL(stack.maskwire.url).host,
      delayMs: 75,
      dropShare: 0.01,
      seed: 7,
    });
    const bad = await openReady(link.url);
    await clickAll(bad);
    expect(await areasOnUndo(bad)).toEqual(expected);
    expect(link.drops).toBeGreaterThan(0);
  });
});

describe("a network that takes its time", () => {
  it("holds no preview up until the one before has come", async () => {
    const held = new HeldAnswers();
    const page = await stack.open(undefined, {}, (one) => held.watch(one));
    await page.choose(stack.photo);
    await page.until({ state: "ready", connection: "open", "image-width": scene.width });
    held.hold();
    for (let at = 0; held.previewsAsked < 3; at++) await page.hover(at % 2 === 0 ? scene.disc : scene.plate);
    expect(await page.data("mask-look")).toBe("none");
    held.release();
    await page.until({ "mask-look": "preview" });
  });

  it("leaves the preview in its place until the click's own mask comes, also when the pointer leaves", async () => {
    await using link = await SlowLink.open({ target: new URL(stack.maskwire.url).host, delayMs: 50 });
    const page = await openReady(link.url);
    await page.hover(scene.disc);
    await page.page.mouse.down();
    await page.until({ "mask-look": "preview" });
    await page.page.evaluate(`{
      const canvas = document.querySelector("#canvas");
      const looks = [];
      new MutationObserver(() => {
        looks.push(canvas.dataset.maskLook);
        canvas.dataset.looks = [...new Set(looks)].join(" ");
      }).observe(canvas, { attributeFilter: ["data-mask-look", "data-points"] });
    }`);
    await page.page.mouse.up();
    // As a finger's pointer does at once.
    await page.page.mouse.move(1, 1);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
    expect(await page.data("looks")).toBe("preview final");
  });
});
