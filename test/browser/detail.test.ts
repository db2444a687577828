import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import type { ClientPage } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const first = { "mask-look": "final", waiting: 0 };
/** In the first sample. */
const apple = { x: 0.16, y: 0.72 };

async function openFirst(): Promise<ClientPage> {
  const page = await stack.open();
  await page.until({ state: "ready" });
  return page;
}

/** Notes the areas of final masks as they are drawn. */
const noteAreas = (page: Page) =>
  page.evaluate(`{
    const canvas = document.querySelector("#canvas");
    const areas = [];
    new MutationObserver(() => {
      const { maskArea = "0" } = canvas.dataset;
      if (maskArea !== "0" && areas.at(-1) !== maskArea) areas.push(maskArea);
      canvas.dataset.areas = areas.join(" ");
    }).observe(canvas, { attributeFilter: ["data-mask-area"] });
  }`);

it("shows a click's mask at once, and a finer one in its place: kept, marked, refined and undone like any other", async () => {
  const page = await openFirst();
  const part = (id: string) => page.page.getByTestId(id);
  await part("detail").focus();
  await page.page.keyboard.press("Space");
  expect(await part("detail").isChecked()).toBe(true);
  await noteAreas(page.page);
  const { x, y } = await page.place(apple);
  await page.page.mouse.move(x, y);
  for (let turn = 0; turn < 3; turn++) await page.page.mouse.wheel(0, -200);
  await page.page.waitForFunction("Number(document.querySelector('#canvas').dataset.zoom) > 1.4");
  await page.page.mouse.click(x, y);
  await page.until({ ...first, points: 1, finer: "true" });
  const [before, after, ...more] = (await page.data("areas")).split(" ").map(Number) as [number, number];
  expect(more).toEqual([]);
  expect(after).not.toBe(before);
  expect(after / before).toBeCloseTo(1, 0);
  expect(await part("fine").isVisible()).toBe(true);
  expect(await part("announcement").textContent()).toMatch(/^Object found/);

  await page.page.keyboard.press("k");
  await page.until({ objects: 1, points: 0 });
  expect(await page.page.locator("#objects-list .object-fine").isVisible()).toBe(true);
  await part("undo").click();
  await page.until({ ...first, "mask-area": after, finer: "true" });
  // From the finer mask on.
  await page.page.mouse.click(x + 10, y + 10);
  await page.until({ ...first, points: 2 });
  await part("undo").click();
  await page.until({ ...first, points: 1, "mask-area": after, finer: "true" });
});

it("keeps to the first masks where the person wants them, at the next visit too", async () => {
  const page = await openFirst();
  await page.page.getByTestId("detail").check();
  await page.page.getByTestId("detail").uncheck();
  await page.page.reload();
  await page.until({ state: "ready" });
  expect(await page.page.getByTestId("detail").isChecked()).toBe(false);
  await page.page.getByTestId("detail").check();
  await page.page.reload();
  await page.until({ state: "ready" });
  expect(await page.page.getByTestId("detail").isChecked()).toBe(true);
});
