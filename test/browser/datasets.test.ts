import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, type ClientPage, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

/*
 * One data set from its first picture to a file, as people make it: each test goes on where the one before has ended.
 */

const stack = new RealStack();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const looks = {
  "English, light": { colorScheme: "light", locale: "en" },
  "Chinese, dark, 320 pixels wide": {
    colorScheme: "dark",
    locale: "zh-CN",
    viewport: { width: 320, height: 640 },
    hasTouch: true,
    isMobile: true,
  },
} as const;
/** Where the data set is, once it has been made. */
let place = "";
let photos: Buffer[] = [];

beforeAll(async () => {
  photos = await Promise.all([11, 12, 13].map((seed) => scenePhoto(seed)));
});

async function asAnn(page: Page): Promise<void> {
  await page.addInitScript("try { localStorage['maskwire-person'] ??= 'Ann' } catch {}");
}

async function open(path: string, options: object = {}): Promise<ClientPage> {
  return stack.open(new URL(path, stack.maskwire.url).href, options, asAnn);
}

async function api<Answer>(path: string, body?: object): Promise<Answer> {
  const answer = await fetch(new URL(`v1/${place}${path}`, stack.maskwire.url), {
    ...(body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Answer;
}

interface TheObjects {
  objects: { id: string; picture: string; label: number; state: string; revision: number; reason: string }[];
}
const states = async () => (await api<TheObjects>("/objects")).objects.map(({ state }) => state.slice(13)).sort();
const allSaved = ({ page }: ClientPage) => page.locator('#saved-line[data-unsent="0"]').waitFor();

async function violations({ page }: ClientPage): Promise<string[]> {
  await page.evaluate(axe);
  const run = `axe.run().then(({ violations, passes }) => ({ passed: passes.length, found: violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target + " " + failureSummary)) }))`;
  const { found, passed } = (await page.evaluate(run)) as { found: string[]; passed: number };
  // Fewer rules than that would mean that it has not looked.
  expect(passed).toBeGreaterThan(15);
  return found;
}

describe("a data set", () => {
  it("is made with a name, labels with keys, and pictures", async () => {
    const { page } = await open("datasets");
    await page.getByTestId("set-create").click();
    await page.getByTestId("set-name").fill("Discs and plates");
    await page.getByTestId("set-make").click();
    await page.waitForURL(/\/datasets\/[0-9a-f-]{36}$/);
    place = new URL(page.url()).pathname.slice(1);
    await page.getByRole("link", { name: "Labels" }).click();
    for (const name of ["disc", "plate"]) {
      await page.getByTestId("label-add").click();
      await page.locator(".label-name").last().fill(name);
    }
    await page.getByTestId("labels-save").click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Pictures" }).click();
    const files = photos.map((buffer, at) => ({ name: `photo-${at}.jpg`, mimeType: "image/jpeg", buffer }));
    await page.getByTestId("add-pictures").setInputFiles(files);
    await expect.poll(() => page.locator("#grid .tile").count()).toBe(3);
    expect(await api("")).toMatchObject({
      name: "Discs and plates",
      pictures: 3,
      createdBy: "Ann",
      labels: [
        { name: "disc", hotKey: "1" },
        { name: "plate", hotKey: "2" },
      ],
    });
  });

  it("is annotated by clicks and keys of labels, with the next picture fetched ahead", async () => {
    const client = await open(`${place}/annotate`);
    const { page } = client;
    await client.until({ state: "ready", "image-width": scene.width });
    const fetched = `performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/file")).length`;
    await expect.poll(() => page.evaluate(fetched)).toBe(3);
    for (const [spot, key] of [
      [scene.disc, "1"],
      [scene.plate, "2"],
    ] as const) {
      await client.click(spot);
      await client.until({ "mask-look": "final", points: 1, waiting: 0 });
      await page.keyboard.press(key);
      await client.until({ points: 0 });
    }
    await allSaved(client);
    const { objects } = await api<TheObjects>("/objects");
    expect(objects.map(({ label, state }) => [label, state])).toEqual([
      [1, "OBJECT_STATE_TO_REVIEW"],
      [2, "OBJECT_STATE_TO_REVIEW"],
    ]);
    expect(objects[0]).toMatchObject({
      provenance: { gear: "GEAR_ASSISTED", person: "Ann", prompts: [{ prompt: { points: [{ label: 1 }] } }] },
    });
    // What undo takes away is gone, and is the same object again with redo.
    await page.keyboard.press("Control+z");
    await client.until({ objects: 1 });
    await page.keyboard.press("Control+y");
    await client.until({ objects: 2 });
    await allSaved(client);
    const again = (await api<TheObjects>("/objects")).objects;
    expect(again.map(({ id }) => id)).toEqual(objects.map(({ id }) => id));
    await page.keyboard.press("d");
    // Sent at once, they came in whatever order.
    const [, second] = (await api<{ pictures: { name: string }[] }>("/pictures")).pictures;
    await page
      .getByTestId("picture-bar")
      .getByText(second?.name ?? "")
      .waitFor();
    await client.until({ state: "ready", objects: 0 });
  });

  it("keeps what is done without a network, and loses nothing of two people's changes", async () => {
    const client = await open(`${place}/annotate?picture=${(await api<TheObjects>("/objects")).objects[0]?.picture}`);
    const { page } = client;
    await client.until({ state: "ready", objects: 2 });
    await page.context().setOffline(true);
    await page.locator("#object-list button").first().click();
    await page.keyboard.press("2");
    await page.locator('#saved-line[data-unsent="1"]').waitFor();
    const [first] = (await api<TheObjects>("/objects")).objects;
    // Somebody else was quicker.
    await api("/objects", {
      person: "Ben",
      changes: [{ key: "ben", object: first?.id, revision: first?.revision, patch: { label: 0 } }],
    });
    await page.context().setOffline(false);
    await page.getByText("Ben has changed this object meanwhile.").waitFor();
    await page.getByRole("button", { name: "Keep mine" }).click();
    await allSaved(client);
    const after = (await api<TheObjects>("/objects")).objects[0];
    expect([after?.label, after?.revision]).toEqual([2, (first?.revision ?? 0) + 2]);
  });

  it("is filled by a model with proposals, which a key accepts", async () => {
    const set = await open(place);
    await api("/jobs", { person: "Ann", work: { prefill: { settings: { pointsPerSide: 8 } } } });
    await set.page.reload();
    await set.page.locator('#jobs li[data-state="DONE"]').waitFor({ timeout: 240_000 });
    const client = await open(`${place}/annotate?gear=proposed`);
    const { page } = client;
    await client.until({ state: "ready" });
    await page.getByText(/\d+ proposals of a model/).waitFor();
    const before = (await states()).filter((state) => state === "PROPOSED").length;
    await page.keyboard.press("a");
    await allSaved(client);
    await expect.poll(async () => (await states()).filter((state) => state === "PROPOSED").length).toBe(before - 1);
  });

  it("is reviewed with keys alone", async () => {
    const { page } = await open(`${place}/review`);
    const waiting = (await states()).filter((state) => state === "TO_REVIEW").length;
    await page.locator("#review-object canvas[data-drawn]").waitFor();
    await page.keyboard.press("r");
    await page.getByTestId("review-reasons").waitFor();
    await page.keyboard.press("2");
    for (let judged = 1; judged < waiting; judged++) await page.keyboard.press("a");
    await page.getByText("Nothing waits for review.").waitFor();
    await page.locator('#review-waiting[data-unsent="0"]').waitFor();
    const { objects } = await api<TheObjects>("/objects");
    const rejected = objects.filter(({ state }) => state === "OBJECT_STATE_REJECTED");
    expect(rejected.map(({ reason }) => reason)).toEqual(["A part is missing"]);
    expect(objects.filter(({ state }) => state === "OBJECT_STATE_ACCEPTED").length).toBe(waiting - 1);
  });

  it("is audited: an object that is as it should be has an IoU of 1", async () => {
    const { page } = await open(`${place}/audit`);
    await page.getByTestId("audit-start").click();
    await page.getByTestId("audit-finish").click();
    await page.getByText(/^1 of \d+ looked at$/).waitFor();
    await page.getByRole("row", { name: "Mean IoU" }).getByText("1.000").waitFor();
  });

  it.each(Object.entries(looks))("has pages that axe-core finds nothing in and that fit: %s", async (_name, look) => {
    const client = await open("datasets", look);
    const { page } = client;
    for (const part of ["", "labels", "annotate?gear=rejected", "review", "audit", "charts", "replay"]) {
      await page.goto(new URL(`${place}/${part}`.replace(/\/$/, ""), stack.maskwire.url).href);
      await page.waitForLoadState("networkidle");
      expect([part, await violations(client)]).toEqual([part, []]);
      const [wide, room] = (await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")) as number[];
      expect([part, wide]).toEqual([part, room]);
    }
    await page.goto(new URL(place, stack.maskwire.url).href);
    for (const dialog of ["import", "export", "work"]) {
      await page.getByTestId(`${dialog}-open`).click();
      await page.locator("dialog[open]").waitFor();
      expect([dialog, await violations(client)]).toEqual([dialog, []]);
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
  });

  it("takes objects from the page of clicks", async () => {
    const client = await open("");
    const { page } = client;
    await client.choose(photos[2] ?? Buffer.alloc(0), "sent.jpg");
    await client.until({ state: "ready", "image-width": scene.width });
    await client.click(scene.disc);
    await client.until({ "mask-look": "final", points: 1, waiting: 0 });
    await page.getByTestId("take-send").click();
    await page.getByTestId("send-now").click();
    await page.getByTestId("send-done").waitFor();
    const { pictures } = await api<{ pictures: { name: string; objects: number }[] }>("/pictures");
    expect(pictures.find(({ name }) => name === "sent.jpg")?.objects).toBe(1);
  });

  it("is exported to a file that the browser saves", async () => {
    const { page } = await open(place);
    await page.getByTestId("export-open").click();
    await page.getByTestId("export-start").click();
    const link = page.locator("#jobs a[download]");
    await link.waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    const bytes = await bytesOf(download);
    expect(download.suggestedFilename()).toMatch(/\.(zip|json)$/);
    expect(bytes.length).toBeGreaterThan(100);
  });
});
