import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import sharp from "sharp";
import { projectRoot } from "../../services/runtime/project-root.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { openBrowser } from "./chromium.js";
import { ClientPage } from "./page.js";

/*
 * Pictures of the page's main states, from the real stack and the first sample: to be looked at, and for the README and the
 * guide. The README's is `web-client/screenshot.png`, the others are in `test/browser/screens`. The Chinese one wants a font
 * that has its letters, such as Debian's `fonts-wqy-zenhei`.
 */

const teapot = { x: 640 / 1200, y: 380 / 800 };
const apple = { x: 0.16, y: 0.72 };
const bottle = { x: 0.16, y: 0.4 };
const final = { "mask-look": "final", waiting: 0 };

async function clickOn(page: ClientPage, spot: { x: number; y: number }, points = 1): Promise<void> {
  await page.click(spot);
  await page.until({ ...final, points });
}

async function keepThree(page: ClientPage): Promise<void> {
  for (const spot of [apple, teapot, bottle]) {
    await clickOn(page, spot);
    await page.page.getByTestId("keep").click();
    await page.until({ points: 0 });
  }
}

async function findEverything(page: ClientPage): Promise<void> {
  await page.page.getByTestId("everything-begin").click();
  await page.until({ everything: "done" }, 120_000);
}

async function lookAtTeapot(page: ClientPage): Promise<void> {
  // As a person comes to it: the pointer is there before the click is, and a preview with it.
  await page.hover(teapot);
  await page.until({ "mask-look": "preview" });
  await clickOn(page, teapot);
  await page.page.locator('#legend[data-drawn="true"]').waitFor();
}

interface Screen {
  readonly name: string;
  readonly options?: BrowserContextOptions;
  readonly act: (page: ClientPage) => Promise<void>;
}

const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };
const screens: readonly Screen[] = [
  { name: "first-sight", act: async () => {} },
  { name: "click", act: lookAtTeapot },
  {
    name: "last-click",
    act: async (page) => {
      // The first clicks of a page have its script compiled.
      for (let click = 0; click < 8; click++) {
        await lookAtTeapot(page);
        if (click < 7) await page.page.keyboard.press("Escape");
        await page.page.mouse.move(0, 0);
      }
      await page.page.getByTestId("latency-card").scrollIntoViewIfNeeded();
    },
  },
  { name: "objects", act: keepThree },
  { name: "objects-dark", options: { colorScheme: "dark" }, act: keepThree },
  { name: "everything", act: findEverything },
  { name: "keys", act: (page) => page.page.getByTestId("help-open").click() },
  { name: "phone", options: phone, act: (page) => clickOn(page, teapot) },
  {
    name: "phone-chinese",
    options: { ...phone, locale: "zh-CN", colorScheme: "dark" },
    act: (page) => clickOn(page, teapot),
  },
];

async function take(browser: Browser, url: string, { options, act }: Screen): Promise<Buffer> {
  const page = await ClientPage.open(browser, url, { colorScheme: "light", ...options });
  try {
    await page.until({ state: "ready" });
    await act(page);
    return await sharp(await page.page.screenshot())
      .png({ palette: true, quality: 90, effort: 10, dither: 0.6 })
      .toBuffer();
  } finally {
    await page.close();
  }
}

const folder = join(projectRoot, "test", "browser", "screens");
await mkdir(folder, { recursive: true });
const [maskwire, browser] = await Promise.all([startMaskwire(), openBrowser()]);
try {
  for (const screen of screens) {
    const picture = await take(browser, maskwire.url, screen);
    await writeFile(join(folder, `${screen.name}.png`), picture);
    if (screen.name === "click") await writeFile(join(projectRoot, "web-client", "screenshot.png"), picture);
    process.stdout.write(`${screen.name}: ${Math.round(picture.length / 1024)} KB\n`);
  }
} finally {
  await browser.close();
  await maskwire.stop();
}
