import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };
const spot = { x: 0.5, y: 0.5 };

/** A click in the first sample, whose answer has several candidates. */
async function clickOnce(): Promise<{ page: ClientPage; areas: number[] }> {
  const page = await stack.open();
  await page.until({ state: "ready" });
  await page.click(spot);
  await page.until({ ...final, points: 1 });
  const count = Number(await page.data("mask-count"));
  expect(count).toBeGreaterThan(1);
  const areas: number[] = [];
  for (let index = 0; index < count; index++) {
    await page.page.keyboard.press(String(index + 1));
    await chosen(page, index);
    areas.push(await page.area());
  }
  await page.page.keyboard.press("1");
  await chosen(page, 0);
  return { page, areas };
}

async function chosen(page: ClientPage, index: number): Promise<void> {
  await page.page.locator(`#candidates > :nth-child(${index + 1})[aria-checked="true"]`).waitFor();
}

describe("the candidates of a lone click", () => {
  it("are small pictures with their scores, and are chosen by key, wheel and click", async () => {
    const { page, areas } = await clickOnce();
    expect(new Set(areas).size).toBe(areas.length);
    for (let index = 0; index < areas.length; index++) {
      const candidate = page.page.getByTestId("candidates").getByRole("radio").nth(index);
      expect(await candidate.textContent()).toMatch(/^\d+ %$/);
      expect(await candidate.locator("canvas").count()).toBe(1);
    }
    const place = await page.place(spot);
    await page.page.mouse.move(place.x, place.y);
    await page.page.keyboard.down("Shift");
    await page.page.mouse.wheel(0, 100);
    await page.page.keyboard.up("Shift");
    await chosen(page, 1);
    await page.until({ ...final, "mask-area": areas[1]!, zoom: await page.data("zoom") });
    await page.page
      .getByTestId("candidates")
      .getByRole("radio")
      .nth(areas.length - 1)
      .click();
    await page.until({ ...final, "mask-area": areas.at(-1)! });
    await page.page
      .getByTestId("candidates")
      .getByRole("radio")
      .nth(areas.length - 1)
      .press("ArrowRight");
    await page.until({ ...final, "mask-area": areas[0]! });
  });

  it("are gone after the next click, which goes on from the one that was chosen", async () => {
    const { page, areas } = await clickOnce();
    const next = { x: spot.x + 0.03, y: spot.y };
    await page.click(next);
    await page.until({ ...final, points: 2 });
    const fromFirst = await page.area();
    expect(await page.page.getByTestId("candidates").isVisible()).toBe(false);
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 1, "mask-area": areas[0]! });
    await page.page.keyboard.press(String(areas.length));
    await page.until({ "mask-area": areas.at(-1)! });
    await page.click(next);
    await page.until({ ...final, points: 2 });
    expect(await page.area()).not.toBe(fromFirst);
    // The choice is part of the history.
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 1, "mask-area": areas.at(-1)! });
  });
});

describe("a spot that is left out", () => {
  it("is that of an Alt-click, and of a finger that rests", async () => {
    const page = await stack.open(undefined, { hasTouch: true });
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    // Both objects in one box, of which one is to go.
    await page.drag({ x: 0.08, y: 0.06 }, { x: 0.94, y: 0.7 });
    await page.until({ ...final, box: "true" });
    const { x, y } = await page.place(scene.plate);
    await page.page.keyboard.down("Alt");
    await page.page.mouse.click(x, y);
    await page.page.keyboard.up("Alt");
    await page.until({ ...final, points: 1 });
    const label = page.page.getByTestId("picked-announcement");
    await page.page.getByTestId("canvas").focus();
    await page.page.keyboard.press("p");
    await expect.poll(() => label.textContent()).toMatch(/^Point 1 of 1, left out/);
    await page.page.keyboard.press("Escape");
    const touch = await page.page.context().newCDPSession(page.page);
    const resting = await page.place({ x: 0.5, y: 0.65 });
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [resting] });
    // Before it is lifted.
    await page.until({ points: 2 });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.until({ ...final, points: 2 });
    await page.page.keyboard.press("p");
    await page.page.keyboard.press("p");
    await expect.poll(() => label.textContent()).toMatch(/^Point 2 of 2, left out/);
  });
});
