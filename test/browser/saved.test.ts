import { describe, expect, it } from "vitest";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { ClientPage, scene, watched } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };

/** Two photos: the disc of the first is kept as “Sun”, the plate in hand; the second is only in the strip. */
async function work(url?: string): Promise<ClientPage> {
  const page = await stack.open(url);
  await page.until({ state: "ready" });
  await page.choose(stack.photo, "first.jpg");
  await page.until({ state: "ready", "image-width": scene.width });
  await page.click(scene.disc);
  await page.until({ ...final, points: 1 });
  await page.page.getByTestId("keep").click();
  await page.until({ objects: 1, points: 0 });
  await page.page.locator(".object-pick").dblclick();
  await page.page.locator(".object-input").fill("Sun");
  await page.page.keyboard.press("Enter");
  await page.click(scene.plate);
  await page.until({ ...final, points: 1 });
  return page;
}

const saved = (page: ClientPage, status = "saved") => page.page.locator(`#saved[data-status="${status}"]`).waitFor();
const photos = (page: ClientPage) => page.page.getByTestId("strip").locator("li").count();

/** What was there before is there again: mask, object, name and the whole history. */
async function expectWork(page: ClientPage, area: number): Promise<void> {
  await page.until({ ...final, points: 1, objects: 1, "mask-area": area, state: "ready" });
  expect(await page.page.getByTestId("objects-list").textContent()).toContain("Sun");
  await page.page.keyboard.press("Control+z");
  await page.until({ points: 0, objects: 1 });
  await page.page.keyboard.press("Control+z");
  await page.page.keyboard.press("Control+z");
  await page.until({ ...final, points: 1, objects: 0 });
  for (let i = 0; i < 3; i++) await page.page.keyboard.press("Control+Shift+z");
  await page.until({ ...final, points: 1, objects: 1, "mask-area": area });
}

describe("what was done", () => {
  it("is there again after a reload at once, also what was done a moment before, and goes on", async () => {
    const page = await work();
    const area = await page.area();
    const count = await photos(page);
    await page.page.reload();
    await expectWork(page, area);
    expect(await photos(page)).toBe(count);
    // A click that refines an earlier visit's mask.
    await page.click({ x: scene.plate.x + 0.03, y: scene.plate.y });
    await page.until({ ...final, points: 2 });
    expect(Math.abs((await page.area()) / area - 1)).toBeLessThan(0.1);
  });

  it("is there again after the page has crashed", async () => {
    const page = await work();
    const area = await page.area();
    await saved(page);
    const protocol = await page.page.context().newCDPSession(page.page);
    const crashed = page.page.waitForEvent("crash");
    protocol.send("Page.crash").catch(() => {});
    await crashed;
    await expectWork(await ClientPage.openIn(page.page.context(), stack.maskwire.url), area);
  });

  it("is asked of the service again where it has forgotten everything", async () => {
    const first = await startMaskwire(tinyModelEnv());
    const page = await work(first.url);
    const area = await page.area();
    await saved(page);
    await first.stop();
    const second = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PORT: String(first.host.port) });
    try {
      await page.page.reload();
      await expectWork(page, area);
    } finally {
      await second.stop();
    }
  });

  it("is forgotten by “Clear everything”, after a question", async () => {
    const page = await work();
    await page.page.getByTestId("saved-clear").click();
    await page.page.getByTestId("clear-cancel").click();
    await page.until({ points: 1, objects: 1 });
    await page.page.getByTestId("saved-clear").click();
    await page.page.getByTestId("clear-confirm").click();
    await page.page.getByTestId("welcome").waitFor();
    await saved(page);
    const left = `(async () => {
      const db = await new Promise((resolve) => {
        const request = indexedDB.open("maskwire");
        request.onsuccess = () => resolve(request.result);
      });
      return Promise.all(["files", "works"].map((store) => new Promise((resolve) => {
        const request = db.transaction(store).objectStore(store).count();
        request.onsuccess = () => resolve(request.result);
      })));
    })()`;
    await expect.poll(() => page.page.evaluate(left)).toEqual([0, 0]);
    await page.page.reload();
    await page.until({ state: "ready", objects: 0, points: 0 });
  });

  it("is kept in a browser, too, that takes long to say that no other window has it", async () => {
    const context = await stack.browser.newContext();
    await context.addInitScript(`{
      const { request } = LockManager.prototype;
      LockManager.prototype.request = async function (...asked) {
        await new Promise((slow) => setTimeout(slow, 1500));
        return request.apply(this, asked);
      };
    }`);
    const page = await ClientPage.openIn(context, stack.maskwire.url);
    stack.pages.push(page);
    await page.until({ state: "ready" });
    await saved(page);
  });

  it("belongs to one window: another beside it begins anew and says that it is not kept", async () => {
    const page = await work();
    const other = await page.page.context().newPage();
    await other.goto(watched(stack.maskwire.url));
    await other.locator('#saved[data-status="off"]').waitFor();
    await other.close();
    await page.until({ points: 1, objects: 1 });
  });
});
