import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };
/** Of its own: what it has run is counted. */
let maskwire: Maskwire;

beforeAll(async () => {
  maskwire = await startMaskwire(tinyModelEnv());
});
afterAll(() => maskwire?.stop());

async function openReady(): Promise<ClientPage> {
  const page = await stack.open(maskwire.url);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

describe("a press", () => {
  const known = () => metric(maskwire.adminUrl, "maskwire_decodes_previewed_total");
  const decoded = () => metric(maskwire.adminUrl, 'maskwire_decodes_total{embedding="worker"}');

  it("shows what the click will find, which then needs no run", async () => {
    const page = await openReady();
    // No time to hover: a finger has none either.
    const { x, y } = await page.place(scene.disc);
    await page.page.mouse.move(x, y);
    await page.page.mouse.down();
    await page.until({ "mask-look": "preview", points: 0 });
    const [before, area] = [await known(), await page.data("preview-area")];
    await page.page.mouse.up();
    await page.until({ ...final, points: 1, "mask-area": area });
    expect(await known()).toBe(before + 1);
  });

  it("asks ahead what a refining click will ask, with either button", async () => {
    const page = await openReady();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    for (const [points, button] of [
      [2, "left"],
      [3, "right"],
    ] as const) {
      const [before, runs, area] = [await known(), await decoded(), await page.area()];
      const { x, y } = await page.place({ x: scene.disc.x + 0.02 * points, y: scene.disc.y });
      await page.page.mouse.move(x, y);
      await page.page.mouse.down({ button });
      await expect.poll(decoded).toBe(runs + 1);
      expect([await page.data("points"), await page.area()]).toEqual([String(points - 1), area]);
      await page.page.mouse.up({ button });
      await page.until({ ...final, points });
      expect(await known()).toBe(before + 1);
    }
  });
});
