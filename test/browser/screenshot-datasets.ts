import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { projectRoot } from "../../services/runtime/project-root.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { openBrowser } from "./chromium.js";
import { ClientPage } from "./page.js";

/* Pictures of the pages of data sets, from the real stack and the samples: for the guide, in `test/browser/screens`. */

const samples = ["kitchen", "garden", "playroom"] as const;
const labels = [
  { name: "fruit", colour: "#f5a524", hotKey: "1" },
  { name: "dishes", colour: "#0891b2", hotKey: "2" },
  { name: "toy", colour: "#8b5cf6", hotKey: "3" },
];
/** In the kitchen: what is clicked, and the key of its label. */
const clicks = [
  { spot: { x: 640 / 1200, y: 380 / 800 }, key: "2" },
  { spot: { x: 0.16, y: 0.72 }, key: "1" },
  { spot: { x: 0.5, y: 0.66 }, key: "1" },
];

const folder = join(projectRoot, "test", "browser", "screens");
const [maskwire, browser] = await Promise.all([startMaskwire(), openBrowser()]);

async function api<Answer>(path: string, body?: object, method = "POST"): Promise<Answer> {
  const json = { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(new URL(`v1/datasets${path}`, maskwire.url), body && json);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

async function makeSet(): Promise<string> {
  const description = "Rooms and the things in them, rendered.";
  const { id, revision } = await api<{ id: string; revision: number }>("", {
    name: "Around the house",
    description,
    person: "Ann",
  });
  await api(`/${id}/labels`, { revision, labels }, "PUT");
  for (const name of samples) {
    const body = await readFile(join(projectRoot, "web-client", "public", "samples", `${name}.jpg`));
    const url = new URL(`v1/datasets/${id}/pictures?name=rooms/${name}.jpg&split=train&person=Ann`, maskwire.url);
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "image/jpeg" }, body });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  }
  return id;
}

const asAnn = async (page: Page) => {
  await page.addInitScript("try { localStorage['maskwire-person'] ??= 'Ann' } catch {}");
};

async function take(
  name: string,
  path: string,
  act: (client: ClientPage) => Promise<unknown>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const url = new URL(`datasets/${path}`, maskwire.url).href;
  const client = await ClientPage.open(browser, url, { colorScheme: "light", ...options }, asAnn);
  try {
    await act(client);
    const picture = await sharp(await client.page.screenshot())
      .png({ palette: true, quality: 90, effort: 10, dither: 0.6 })
      .toBuffer();
    await writeFile(join(folder, `${name}.png`), picture);
    process.stdout.write(`${name}: ${Math.round(picture.length / 1024)} KB\n`);
  } finally {
    await client.close();
  }
}

try {
  const id = await makeSet();
  await take("dataset-annotate", `${id}/annotate`, async (client) => {
    await client.until({ state: "ready" });
    for (const { spot, key } of clicks) {
      await client.click(spot);
      await client.until({ "mask-look": "final", waiting: 0 });
      await client.page.keyboard.press(key);
      await client.until({ points: 0 });
    }
    await client.page.locator('#saved-line[data-unsent="0"]').waitFor();
    await client.page.evaluate("document.activeElement.blur()");
  });
  await api(`/${id}/jobs`, { person: "Ann", work: { prefill: { settings: { pointsPerSide: 8 } } } });
  await take(
    "dataset",
    id,
    async ({ page }) => {
      await page.locator('#jobs li[data-state="DONE"]').waitFor();
      await page.reload();
      for (let tile = 0; tile < samples.length; tile++) await page.locator("canvas[data-drawn]").nth(tile).waitFor();
    },
    { colorScheme: "dark" },
  );
  await take("dataset-review", `${id}/review`, ({ page }) =>
    page.locator("#review-object canvas[data-drawn]").waitFor(),
  );
} finally {
  await browser.close();
  await maskwire.stop();
}
