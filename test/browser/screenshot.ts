import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { projectRoot } from "../../services/runtime/project-root.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { ClientPage, openBrowser } from "./page.js";

/** The README's picture: the first sample, one click on its teapot, from the real stack. */
const teapot = { x: 640 / 1200, y: 380 / 800 };
const target = join(projectRoot, "web-client", "screenshot.png");

const [maskwire, browser] = await Promise.all([startMaskwire(), openBrowser()]);
try {
  const client = await ClientPage.open(browser, maskwire.url, { colorScheme: "light" });
  await client.until({ state: "ready" });
  // As a person comes to it: the pointer is there before the click is, and a preview with it.
  await client.hover(teapot);
  await client.until({ "mask-look": "preview" });
  await client.click(teapot);
  await client.until({ "mask-look": "final", points: 1, waiting: 0 });
  await client.page.locator('[data-testid="latency"][data-drawn="true"]').waitFor();
  const picture = await sharp(await client.page.screenshot())
    .png({ palette: true, quality: 95, effort: 10, dither: 0.8 })
    .toBuffer();
  await writeFile(target, picture);
  process.stdout.write(`${target}: ${Math.round(picture.length / 1024)} KB\n`);
} finally {
  await browser.close();
  await maskwire.stop();
}
