import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { projectRoot } from "../../services/runtime/project-root.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { openBrowser } from "./chromium.js";
import { ClientPage } from "./page.js";

/* Pictures of the page of videos, from the real stack and a sample that a camera moves over: for the guide, in `test/browser/screens`. */

const frames = 8;
const size = { width: 640, height: 426 };
const folder = join(projectRoot, "test", "browser", "screens");
const [maskwire, browser] = await Promise.all([startMaskwire(), openBrowser()]);

/** The kitchen, seen by a camera that goes to the right and down. */
function filmed(): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
  const kitchen = join(projectRoot, "web-client", "public", "samples", "kitchen.jpg");
  return Promise.all(
    Array.from({ length: frames }, async (_, frame) => ({
      name: `kitchen-${frame}.jpg`,
      mimeType: "image/jpeg",
      buffer: await sharp(kitchen)
        .extract({ left: 200 + 14 * frame, top: 130 + 4 * frame, ...size })
        .jpeg({ quality: 92 })
        .toBuffer(),
    })),
  );
}

async function take(
  name: string,
  colorScheme: "light" | "dark",
  viewport: { width: number; height: number },
): Promise<void> {
  const client = await ClientPage.open(browser, new URL("video", maskwire.url).href, { colorScheme, viewport });
  const { page } = client;
  try {
    await page.getByTestId("video-file").setInputFiles(await filmed());
    await page.locator(`#stage[data-frame="0"]`).waitFor();
    await client.until({ state: "ready" });
    // The teapot.
    await client.click({ x: (640 - 200) / size.width, y: (380 - 130) / size.height });
    await client.until({ "mask-look": "final", waiting: 0 });
    await page.locator("#keep:not([disabled])").click();
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await page.keyboard.press("t");
    // On a busy machine a frame takes many seconds.
    const done = page.locator('#track-state[data-todo="0"][data-running="false"]');
    await done.waitFor({ timeout: 600_000 });
    for (let step = 1; step <= 5; step++) {
      await page.keyboard.press("]");
      await page.locator(`#stage[data-frame="${step}"]`).waitFor();
    }
    await client.until({ state: "ready" });
    await page.evaluate("document.activeElement.blur()");
    const picture = await sharp(await page.screenshot())
      .png({ palette: true, quality: 90, effort: 10, dither: 0.6 })
      .toBuffer();
    await writeFile(join(folder, `${name}.png`), picture);
    process.stdout.write(`${name}: ${Math.round(picture.length / 1024)} KB\n`);
  } finally {
    await client.close();
  }
}

try {
  await take("video", "light", { width: 1280, height: 860 });
  await take("video-phone", "dark", { width: 390, height: 844 });
} finally {
  await browser.close();
  await maskwire.stop();
}
