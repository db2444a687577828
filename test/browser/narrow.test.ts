import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const width = 320;
const looks = [
  { name: "light, English", options: { colorScheme: "light", locale: "en" } },
  { name: "dark, Chinese", options: { colorScheme: "dark", locale: "zh-CN" } },
] as const;

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

async function open(options: object): Promise<ClientPage> {
  const page = await stack.open(undefined, {
    viewport: { width, height: 640 },
    hasTouch: true,
    isMobile: true,
    ...options,
  });
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

async function boxOf(page: ClientPage, id: string): Promise<Box> {
  const found = page.page.locator(`#${id}`);
  await found.waitFor();
  const box = await found.boundingBox();
  if (box === null) throw new Error(`#${id} is not to be seen`);
  return { left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height };
}

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** What sticks out of the window or out of its card, but for what lies in a row that scrolls by itself. */
function stickingOut(page: ClientPage): Promise<string[]> {
  return page.page.evaluate(`[...document.querySelectorAll("body *")].flatMap((element) => {
    const { left, right, width, height } = element.getBoundingClientRect();
    const isSeen = width > 1 && height > 1 && getComputedStyle(element).visibility !== "hidden";
    const scrolls = element.closest(".film-row") !== null;
    const around = element.closest(".card")?.getBoundingClientRect() ?? { left: 0, right: ${width} };
    const out = isSeen && !scrolls && (left < around.left - 0.5 || right > around.right + 0.5);
    return out ? [(element.id || element.className || element.tagName) + " " + left + " to " + right] : [];
  })`);
}

async function expectToFit(page: ClientPage): Promise<void> {
  expect(await stickingOut(page)).toEqual([]);
  expect(await page.page.evaluate("document.documentElement.scrollWidth")).toBe(width);
}

async function expectWhole(page: ClientPage, id: string): Promise<void> {
  const { left, top, right, bottom } = await boxOf(page, id);
  expect(Math.min(left, top)).toBeGreaterThanOrEqual(8);
  expect(right).toBeLessThanOrEqual(width - 8);
  expect(bottom).toBeLessThanOrEqual(640 - 8);
}

describe("a phone 320 pixels wide", () => {
  for (const { name, options } of looks) {
    it(`has all of the page in its window, and nothing over anything else: ${name}`, async () => {
      const page = await open(options);
      await expectToFit(page);
      expect(overlap(await boxOf(page, "zoom"), await boxOf(page, "coach"))).toBe(false);
      await page.page.getByTestId("tool-brush").check({ force: true });
      // The hint is about clicks.
      await page.page.getByTestId("coach").waitFor({ state: "hidden" });
      for (const other of ["zoom", "toolbox"]) {
        expect(overlap(await boxOf(page, "brush-options"), await boxOf(page, other))).toBe(false);
      }
      expect(overlap(await boxOf(page, "zoom"), await boxOf(page, "toolbox"))).toBe(false);
      await expectToFit(page);
      await page.page.getByTestId("tool-click").check({ force: true });
      const { x, y } = await page.place(scene.disc);
      await page.page.touchscreen.tap(x, y);
      await page.until({ "mask-look": "final", points: 1 });
      await page.page.getByTestId("keep").tap();
      await page.until({ objects: 1 });
      await expectToFit(page);
    });

    it(`has its dialogs whole: ${name}`, async () => {
      const page = await open(options);
      await page.page.getByTestId("address-open").tap();
      await expectWhole(page, "address");
      await page.page.getByTestId("address-field").fill("example");
      await page.page.getByTestId("address-submit").tap();
      await page.page.locator("#address-problem:not(:empty)").waitFor();
      await expectWhole(page, "address");
      await expectToFit(page);
      await page.page.keyboard.press("Escape");
      await page.page.getByTestId("saved-clear").tap();
      await expectWhole(page, "clear-dialog");
      await page.page.keyboard.press("Escape");
      await page.page.keyboard.press("?");
      await expectWhole(page, "help");
      await expectToFit(page);
    });
  }
});

describe("a page that is read from right to left", () => {
  it.each([
    ["a phone", { viewport: { width, height: 640 } }],
    ["a desk", { viewport: { width: 1280, height: 800 } }],
  ])("is laid out as the mirror image of the other: %s", async (_name, options) => {
    const page = await stack.open(undefined, options);
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    await page.page.keyboard.press("b");
    const ids = ["toolbox", "zoom", "brush-options", "choose", "canvas", "status-text", "hints", "undo", "clear"];
    const boxes = async () => new Map(await Promise.all(ids.map(async (id) => [id, await boxOf(page, id)] as const)));
    const before = await boxes();
    const wide = options.viewport.width;
    await page.page.evaluate("document.documentElement.dir = 'rtl'");
    await expect.poll(async () => (await boxOf(page, "choose")).right).toBeGreaterThan(wide / 2);
    for (const [id, { left, right }] of await boxes()) {
      const was = before.get(id)!;
      expect([id, Math.round(wide - right), Math.round(wide - left)]).toEqual([
        id,
        Math.round(was.left),
        Math.round(was.right),
      ]);
    }
    expect(await page.page.evaluate("document.documentElement.scrollWidth")).toBe(wide);
    // Places on the picture are what they were.
    await page.page.keyboard.press("v");
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", points: 1 });
    expect(Math.abs((await page.area()) / scene.disc.area - 1)).toBeLessThan(0.1);
  });
});
