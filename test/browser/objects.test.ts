import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };

async function openOwn(options = {}): Promise<ClientPage> {
  const page = await stack.open(undefined, options);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

/** The disc is object 1, the plate object 2. */
async function keepBoth(page: ClientPage): Promise<{ disc: number; plate: number }> {
  await page.click(scene.disc);
  await page.until({ ...final, points: 1 });
  const disc = await page.area();
  await page.page.getByTestId("keep").click();
  await page.until({ objects: 1, points: 0 });
  await page.click(scene.plate);
  await page.until({ ...final, points: 1 });
  const plate = await page.area();
  await page.page.keyboard.press("Enter");
  await page.until({ objects: 2, points: 0 });
  return { disc, plate };
}

const rows = (page: ClientPage) => page.page.getByTestId("objects-list").locator("li");
const names = (page: ClientPage) => rows(page).locator(".object-name").allTextContents();
const row = (page: ClientPage, id: number) => page.page.locator(`.object[data-id="${id}"]`);
const pick = (page: ClientPage, id: number) => row(page, id).locator(".object-pick");

/** The colour on the canvas at a share of the picture. */
async function colourAt(page: ClientPage, { x, y }: { x: number; y: number }): Promise<number[]> {
  return page.page.evaluate(`(() => {
    const canvas = document.getElementById("canvas");
    return [...canvas.getContext("2d").getImageData(canvas.width * ${x}, canvas.height * ${y}, 1, 1).data];
  })()`);
}

describe("finished objects", () => {
  it("are kept by button and by Enter, listed with the topmost first, and painted in their colours until hidden", async () => {
    const page = await stack.fresh();
    const bare = await colourAt(page, scene.disc);
    await keepBoth(page);
    expect(await names(page)).toEqual(["Object 2", "Object 1"]);
    await page.page.mouse.move(2, 2);
    await expect.poll(() => colourAt(page, scene.disc)).not.toEqual(bare);
    await row(page, 1).hover();
    await page.page.getByRole("button", { name: "Hide Object 1" }).click();
    await page.until({ objects: 1 });
    await expect.poll(() => colourAt(page, scene.disc)).toEqual(bare);
    await page.page.getByRole("button", { name: "Show Object 1" }).click();
    await page.until({ objects: 2 });
    expect(await page.page.getByTestId("objects-said").textContent()).toBe("Object 2 kept. 2 objects.");
  });

  it("stand out on the canvas while their row is chosen", async () => {
    const page = await stack.fresh();
    await keepBoth(page);
    await page.page.mouse.move(2, 2);
    const plain = await colourAt(page, scene.disc);
    await pick(page, 1).click();
    await expect.poll(() => colourAt(page, scene.disc)).not.toEqual(plain);
    await pick(page, 1).click();
    await expect.poll(() => colourAt(page, scene.disc)).toEqual(plain);
  });

  it("are renamed, recoloured and removed by mouse, each step undone by Ctrl+Z", async () => {
    const page = await stack.fresh();
    await keepBoth(page);
    await pick(page, 1).dblclick();
    await page.page.locator(".object-input").fill("Sun");
    await page.page.keyboard.press("Enter");
    await expect.poll(() => names(page)).toEqual(["Object 2", "Sun"]);
    const colour = () => row(page, 1).getAttribute("style");
    const first = await colour();
    await row(page, 1).locator(".object-swatch").click();
    await expect.poll(colour).not.toBe(first);
    if ((await pick(page, 1).getAttribute("aria-pressed")) !== "true") await pick(page, 1).click();
    await page.page.getByTestId("object-remove").click();
    await expect.poll(() => names(page)).toEqual(["Object 2"]);
    await page.page.keyboard.press("Control+z");
    await page.page.keyboard.press("Control+z");
    await expect.poll(colour).toBe(first);
    await page.page.keyboard.press("Control+z");
    await expect.poll(() => names(page)).toEqual(["Object 2", "Object 1"]);
  });

  it("are edited again from their own prompts", async () => {
    const page = await stack.fresh();
    const { disc } = await keepBoth(page);
    await pick(page, 1).click();
    await page.page.getByTestId("object-edit").click();
    await page.until({ ...final, editing: 1, points: 1, "mask-area": disc });
    await page.click({ x: scene.disc.x + 0.02, y: scene.disc.y });
    await page.until({ ...final, points: 2 });
    expect(await page.page.getByTestId("keep").textContent()).toContain("Keep changes");
    await page.page.keyboard.press("k");
    await page.until({ editing: 0, points: 0, objects: 2 });
    expect(await names(page)).toEqual(["Object 2", "Object 1"]);
  });

  it("are merged into one and cut out of one another", async () => {
    const page = await stack.fresh();
    const { disc, plate } = await keepBoth(page);
    await pick(page, 1).click();
    expect(await page.page.getByTestId("objects-merge").isDisabled()).toBe(true);
    await pick(page, 2).click();
    await page.page.getByTestId("objects-merge").click();
    await expect.poll(() => names(page)).toEqual(["Object 1"]);
    await page.page.getByTestId("object-edit").click();
    await page.until({ ...final, editing: 1, "mask-area": disc + plate });
  });

  it("change places by dragging the grip", async () => {
    const page = await stack.fresh();
    await keepBoth(page);
    const grip = row(page, 1).locator(".object-grip");
    await expect.poll(() => names(page)).toEqual(["Object 2", "Object 1"]);
    // In view and at rest, as a person would have it.
    await grip.hover();
    await page.page.mouse.down();
    const [from, to] = [await grip.boundingBox(), await row(page, 2).boundingBox()];
    if (from === null || to === null) throw new Error("The rows are not to be seen.");
    await page.page.mouse.move(from.x + from.width / 2, to.y + to.height - 4);
    await page.page.mouse.move(from.x + from.width / 2, to.y + 4);
    await page.page.mouse.up();
    await expect.poll(() => names(page)).toEqual(["Object 1", "Object 2"]);
    await page.page.keyboard.press("Control+z");
    await expect.poll(() => names(page)).toEqual(["Object 2", "Object 1"]);
  });

  it("are all done by keyboard alone", async () => {
    const page = await openOwn();
    const { keyboard } = page.page;
    await page.page.getByTestId("canvas").focus();
    for (let i = 0; i < 10; i++) await keyboard.press("ArrowLeft");
    for (let i = 0; i < 5; i++) await keyboard.press("ArrowUp");
    await keyboard.press("Enter");
    await page.until({ ...final, points: 1 });
    await keyboard.press("k");
    await page.until({ objects: 1, points: 0 });
    for (let i = 0; i < 22; i++) await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    await page.until({ ...final, points: 1 });
    await keyboard.press("k");
    await page.until({ objects: 2, points: 0 });

    await pick(page, 2).focus();
    await keyboard.press("F2");
    // Letters that are tools elsewhere.
    await keyboard.type("Ezekiel");
    await keyboard.press("Enter");
    await expect.poll(() => names(page)).toEqual(["Ezekiel", "Object 1"]);
    await keyboard.press("Alt+ArrowDown");
    await expect.poll(() => names(page)).toEqual(["Object 1", "Ezekiel"]);
    await keyboard.press("ArrowUp");
    await keyboard.press("Space");
    await expect.poll(() => pick(page, 1).getAttribute("aria-pressed")).toBe("true");
    await keyboard.press("Delete");
    await expect.poll(() => names(page)).toEqual(["Ezekiel"]);
    expect(await page.page.evaluate("document.activeElement.textContent")).toBe("Ezekiel");
    await page.until({ everything: "off" });
  });

  it("are moved by a finger on a phone", async () => {
    const page = await openOwn({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    for (const [spot, count] of [
      [scene.disc, 1],
      [scene.plate, 2],
    ] as const) {
      const { x, y } = await page.place(spot);
      await page.page.touchscreen.tap(x, y);
      await page.until({ ...final, points: 1 });
      await page.page.getByTestId("keep").tap();
      await page.until({ objects: count, points: 0 });
      await page.page.evaluate("scrollTo(0, 0)");
    }
    expect(await page.page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await row(page, 1).locator(".object-eye").tap();
    await page.until({ objects: 1 });
  });
});
