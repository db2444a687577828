import { describe, expect, it } from "vitest";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { type ClientPage, scene, scenePhoto, turnedPhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

async function openOwn(): Promise<ClientPage> {
  const page = await stack.open();
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

const final = { "mask-look": "final" };
/** Masks of plain shapes are near perfect; a wrong place or a wrong scale is far off. */
const near = (area: number) => ({ least: area * 0.93, most: area * 1.07 });
function expectArea(found: number, wanted: number): void {
  const { least, most } = near(wanted);
  expect(found).toBeGreaterThan(least);
  expect(found).toBeLessThan(most);
}

describe("the web client", () => {
  it("has a picture from the first moment, and finds an object in it", async () => {
    const page = await stack.open();
    await page.until({ state: "ready" });
    await page.click({ x: 0.5, y: 0.5 });
    await page.until({ ...final, points: 1 });
    expect(await page.area()).toBeGreaterThan(0);
  });

  it("shows the mask of the object that is clicked, with the time of each stage", async () => {
    const page = await stack.fresh();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1, waiting: 0 });
    expectArea(await page.area(), scene.disc.area);
    const latency = page.page.locator('#legend[data-drawn="true"]');
    await latency.waitFor();
    expect(await latency.locator("dt").allTextContents()).toEqual(
      expect.arrayContaining(["Network", "Queue", "Embedding", "Decode", "Mask", "Draw"]),
    );
    expect(await page.page.getByTestId("announcement").textContent()).toMatch(/^Object found: .* score /);
  });

  it("refines with points beside the object, and undo brings the earlier mask back at once", async () => {
    const page = await stack.fresh();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const first = await page.area();
    await page.click(scene.plate);
    await page.until({ ...final, points: 2 });
    const second = await page.area();
    await page.click(scene.plate, "right");
    await page.until({ ...final, points: 3 });
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 2, "mask-area": second });
    await page.page.getByTestId("undo").click();
    await page.until({ ...final, points: 1, "mask-area": first });
    await page.page.keyboard.press("Control+Shift+z");
    await page.until({ ...final, points: 2, "mask-area": second });
    await page.page.keyboard.press("Escape");
    await page.until({ points: 0, "mask-area": 0 });
  });

  it("takes a drag for a box", async () => {
    const page = await stack.fresh();
    await page.drag({ x: 0.54, y: 0.11 }, { x: 0.92, y: 0.49 });
    await page.until({ ...final, box: "true" });
    expectArea(await page.area(), scene.plate.area);
  });

  it("works by keyboard alone", async () => {
    const page = await openOwn();
    await page.page.getByTestId("canvas").focus();
    // From the middle of the picture towards the disc.
    for (let i = 0; i < 10; i++) await page.page.keyboard.press("ArrowLeft");
    for (let i = 0; i < 5; i++) await page.page.keyboard.press("ArrowUp");
    await page.page.keyboard.press("Enter");
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
  });

  it("previews what lies under the pointer, until there is a click", async () => {
    const page = await stack.fresh();
    await page.hover(scene.disc);
    await page.until({ "mask-look": "preview" });
    expectArea(Number(await page.data("preview-area")), scene.disc.area);
    await page.click(scene.plate);
    await page.until({ ...final, points: 1, "preview-area": 0 });
    expectArea(await page.area(), scene.plate.area);
  });

  it("keeps a click that comes before the picture is ready", async () => {
    const page = await stack.open();
    // A picture of its own, so that nobody has it yet.
    await page.choose(await scenePhoto(7));
    await page.until({ "image-width": scene.width });
    await page.click(scene.plate);
    await page.until({ ...final, points: 1, state: "ready" });
    expectArea(await page.area(), scene.plate.area);
  });

  it("puts the mask of a turned photo where the object is seen", async () => {
    const page = await stack.open();
    await page.choose(await turnedPhoto());
    await page.until({ state: "ready", "image-width": scene.width, "image-height": scene.height });
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
  });

  it("connects again, uploads again and answers what waited when everything has been restarted", async () => {
    const first = await startMaskwire(tinyModelEnv());
    const page = await stack.open(first.url);
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const before = await page.area();
    const { port } = first.host;
    await first.stop();
    await page.until({ connection: "waiting" });
    await page.click(scene.plate);
    const second = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PORT: String(port) });
    try {
      await page.until({ ...final, points: 2, state: "ready", connection: "open" });
      await page.page.keyboard.press("Control+z");
      await page.until({ ...final, points: 1, "mask-area": before });
    } finally {
      await second.stop();
    }
  });

  it("says in a sentence that a file is no picture, and keeps the one before", async () => {
    const page = await stack.fresh();
    await page.choose(Buffer.from("%PDF-1.4"), "notes.pdf", "application/pdf");
    const notice = page.page.getByTestId("notice");
    await notice.waitFor();
    expect(await notice.textContent()).toContain("notes.pdf");
    await page.page.getByTestId("notice-action").click();
    await notice.waitFor({ state: "hidden" });
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
  });

  it("says in a sentence what the service does not take", async () => {
    const small = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_MAX_IMAGE_PIXELS: "500000" });
    try {
      const page = await stack.open(small.url);
      await page.choose(stack.photo);
      await page.until({ state: "refused" });
      expect(await page.page.getByTestId("notice-text").textContent()).toMatch(/megapixels/);
    } finally {
      await small.stop();
    }
  });

  it("fits a narrow phone", async () => {
    const page = await stack.open(undefined, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    const { x, y } = await page.place(scene.disc);
    await page.page.touchscreen.tap(x, y);
    await page.until({ ...final, points: 1 });
    expect(await page.page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  });
});
