import { describe, expect, it } from "vitest";
import { type ClientPage, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final" };

/** Three photos that nobody has, the first of them on the canvas; the page's own sample comes before them. */
async function openThree(seed: number): Promise<ClientPage> {
  const page = await stack.open(stack.tiny.url);
  await page.until({ state: "ready" });
  const buffers = await Promise.all([seed, seed + 1, seed + 2].map(scenePhoto));
  await page.chooseAll(buffers.map((buffer, at) => ({ name: `photo-${at + 1}.jpg`, buffer })));
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

const photo = (page: ClientPage, name: string) =>
  page.page.locator(".strip-entry").filter({ has: page.page.getByTitle(name, { exact: true }) });
const open = (page: ClientPage, name: string) => photo(page, name).locator(".strip-picture").click();

describe("several photos", () => {
  it("are made ready one after another while the first is worked on", async () => {
    const page = await openThree(100);
    for (const name of ["photo-2.jpg", "photo-3.jpg"]) {
      await page.page
        .locator('.strip-entry[data-preparation="ready"]')
        .filter({ has: page.page.getByTitle(name, { exact: true }) })
        .waitFor();
    }
    const uploads: string[] = [];
    page.page.on("request", (request) => {
      if (request.method() === "POST") uploads.push(request.url());
    });
    await open(page, "photo-3.jpg");
    await page.until({ state: "ready", points: 0 });
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    // What was made ready is not uploaded again.
    expect(uploads).toEqual([]);
  });

  it("keep what was done on them, and go when they are removed", async () => {
    const page = await openThree(110);
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const area = await page.area();
    await page.page.keyboard.press("]");
    await page.until({ points: 0, state: "ready" });
    await page.page.keyboard.press("[");
    await page.until({ ...final, points: 1, "mask-area": area });
    await page.page.keyboard.press("Control+z");
    await page.until({ points: 0 });
    await photo(page, "photo-1.jpg").hover();
    await page.page.getByLabel("Remove photo-1.jpg").click();
    await photo(page, "photo-1.jpg").waitFor({ state: "detached" });
    await page.page.locator('.strip-picture[aria-pressed="true"]').and(page.page.getByTitle("photo-2.jpg")).waitFor();
    await page.until({ state: "ready" });
  });

  it("come and go by keyboard, each with its name and how far it is", async () => {
    const page = await openThree(120);
    const second = photo(page, "photo-2.jpg").locator(".strip-picture");
    await expect.poll(() => second.getAttribute("aria-label"), { timeout: 60_000 }).toBe("photo-2.jpg, Ready");
    await second.focus();
    await page.page.keyboard.press("Enter");
    await expect.poll(() => second.getAttribute("aria-pressed")).toBe("true");
    expect(await second.getAttribute("aria-label")).toBe("photo-2.jpg, on the canvas");
  });
});
