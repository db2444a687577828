import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { jpegScene } from "../support/pictures.js";
import { bytesOf, type ClientPage } from "./page.js";
import { RealStack } from "./real-stack.js";

/*
 * One video from its file to its masks, as a person makes them: each test goes on where the one before has ended. Where masks lie
 * is no matter here: the model is the one of a few kilobytes.
 */

const stack = new RealStack();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const size = { width: 96, height: 64 };
const frames = 6;
let clock: Buffer;
let client: ClientPage;

beforeAll(async () => {
  const pictures = await Promise.all(
    Array.from({ length: frames }, (_, frame) => {
      const background = `rgb(${30 * frame}, 90, 160)`;
      const disc = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><rect width="96" height="64" fill="${background}"/><circle cx="${24 + 8 * frame}" cy="32" r="14" fill="#fd0"/></svg>`;
      return sharp(Buffer.from(disc)).png().toBuffer();
    }),
  );
  clock = await sharp(pictures, { join: { animated: true } })
    .gif({ delay: Array(frames).fill(80) })
    .toBuffer();
});

const open = (options: object = {}) => stack.open(new URL("video", stack.tiny.url).href, options);
const choose = (page: Page, name: string, mimeType: string, buffer: Buffer) =>
  page.getByTestId("video-file").setInputFiles({ name, mimeType, buffer });
/** A frame is told of, and on the canvas. */
const at = async (page: Page, frame: number) => {
  await page.getByText(`Frame ${frame} of ${frames} ·`).waitFor();
  await page.locator(`#stage[data-frame="${frame - 1}"]`).waitFor();
};
const stateOf = (page: Page, object = 1) =>
  page.locator(`.video-object[data-object="${object}"]`).getAttribute("data-state");
const todo = (page: Page, count: number) =>
  page.locator(`#track-state[data-todo="${count}"][data-running="false"]`).waitFor();

async function api<Answer>(path: string, body?: object): Promise<Answer> {
  const init = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(new URL(`v1/datasets${path}`, stack.tiny.url), init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Answer;
}

/** An object on the frame that is shown, however the model draws it. */
async function clickObject(page: ClientPage): Promise<void> {
  await page.until({ state: "ready" });
  await page.click({ x: 0.4, y: 0.5 });
  await page.page.locator("#keep:not([disabled])").click();
}

async function violations({ page }: ClientPage): Promise<string[]> {
  await page.evaluate(axe);
  const run = `axe.run().then(({ violations, passes }) => ({ passed: passes.length, found: violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target + " " + failureSummary)) }))`;
  const { found, passed } = (await page.evaluate(run)) as { found: string[]; passed: number };
  expect(passed).toBeGreaterThan(15);
  return found;
}

describe("a video", () => {
  it("is followed from a click, corrected, exported, and there again when the page is loaded again", async () => {
    client = await open();
    const { page } = client;
    await choose(page, "clock.gif", "image/gif", clock);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await at(page, 1);
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await todo(page, frames - 1);
    await page.keyboard.press("t");
    await todo(page, 0);
    // A correction on another frame, and what it reaches made anew.
    await page.keyboard.press("]");
    await page.keyboard.press("]");
    await at(page, 3);
    await client.until({ state: "ready" });
    expect(await stateOf(page)).not.toBe("none");
    await page.keyboard.press("n");
    await page.keyboard.press("r");
    await client.click({ x: 0.6, y: 0.5 });
    await page.locator("#keep:not([disabled])").click();
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await page.locator('#track-state:not([data-todo="0"])').waitFor();
    await page.keyboard.press("t");
    await todo(page, 0);
    expect(await violations(client)).toEqual([]);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("take-video").click()]);
    const files = unzipSync(await bytesOf(download));
    expect(Object.keys(files)).toEqual(
      Array.from({ length: frames }, (_, frame) => `Annotations/clock/0000${frame}.png`),
    );
    const { width, height, isPalette } = await sharp(files["Annotations/clock/00000.png"]).metadata();
    expect({ width, height, isPalette }).toEqual({ ...size, isPalette: true });
    await page.reload();
    await at(page, 3);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await todo(page, 0);
  });

  it("loses nothing with its connection, and undoes a correction", async () => {
    client = await open();
    const { page } = client;
    const lost: (() => Promise<void>)[] = [];
    await page.routeWebSocket(/\/v1\/ws/, (socket) => {
      socket.connectToServer();
      lost.push(() => socket.close({ code: 1001 }));
    });
    await page.reload();
    await choose(page, "clock.gif", "image/gif", clock);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await page.keyboard.press("t");
    await todo(page, 0);
    for (const close of lost.splice(0)) await close();
    await client.until({ state: "ready" });
    await page.keyboard.press("]");
    await at(page, 2);
    await clickObject(client);
    await page.locator('.video-object[data-object="2"][data-state="corrected"]').waitFor();
    await page.keyboard.press("t");
    await todo(page, 0);
    await page.keyboard.press("Control+z");
    await page.locator('.video-object[data-object="2"]').waitFor({ state: "detached" });
    expect(await stateOf(page)).not.toBe("none");
  });

  it("is kept in a data set with its labels, once however often it is kept, and shown there", async () => {
    client = await open();
    const { page } = client;
    await choose(page, "clock.gif", "image/gif", clock);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await page.keyboard.press("t");
    await todo(page, 0);
    const keep = async () => {
      await page.locator("#keep-video").press("Enter");
      await page.locator("#keep-set").waitFor();
    };
    const outcome = () => page.locator("#keep-done").innerText();

    const labels = [{ name: "disc" }, { name: "dial" }];
    const { id } = await api<{ id: string }>("", { name: "Clocks", labels });
    await api("", { name: "Without labels" });
    await keep();
    await page.locator("#keep-set").selectOption("Clocks");
    expect(await page.locator("#keep-name").inputValue()).toBe("clock.gif");
    await page.locator("#keep-label-1").selectOption("dial");
    expect(await violations(client)).toEqual([]);
    await page.locator("#keep-now").press("Enter");
    const first = await outcome();
    expect(first).toContain(`New in “Clocks”: ${frames} frames,`);
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Close");
    const [sequence] = (await api<{ sequences: Record<string, unknown>[] }>(`/${id}/sequences`)).sequences;
    expect(sequence).toMatchObject({ name: "clock.gif", frames, tracks: 1, frameRate: 12.5 });
    const { objects } = await api<{ objects: { label: number }[] }>(`/${id}/objects`);
    expect(first).toContain(`${frames} frames, ${objects.length} mask`);
    expect(objects.length).toBeGreaterThan(0);
    expect(new Set(objects.map(({ label }) => label))).toEqual(new Set([2]));

    // The same again.
    await page.keyboard.press("Enter");
    await page.locator("#keep-done").waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement?.id")).toBe("keep-video");
    await keep();
    await page.locator("#keep-set").selectOption("Clocks");
    await page.locator("#keep-label-1").selectOption("disc");
    await page.locator("#keep-now").click();
    const second = await outcome();
    expect(second).toContain(`New in “Clocks”: 0 frames, 0 masks. Already there: ${frames} frames,`);
    expect(await api(`/${id}/statistics`)).toMatchObject({ sequences: 1, frames, tracks: 1 });
    const tracks = async () => {
      const { tracks } = await api<{ tracks: { name: string; label: number; frames: number }[] }>(
        `/${id}/sequences/${sequence?.id}/tracks`,
      );
      return tracks.map(({ name, label }) => [name, label]);
    };
    expect(await tracks()).toEqual([["Object 1", 1]]);

    // The video once more, and what is the first object now: another one.
    await page.keyboard.press("Enter");
    await page.getByTestId("video-leave").click();
    await page.getByTestId("leave-confirm").click();
    await choose(page, "clock.gif", "image/gif", clock);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await keep();
    await page.locator("#keep-set").selectOption("Clocks");
    await page.locator("#keep-label-1").selectOption("dial");
    await page.locator("#keep-now").click();
    expect(await outcome()).toContain("The video has another “Object 1” there: this one is “Object 1 1”.");
    expect(await tracks()).toEqual([
      ["Object 1", 1],
      ["Object 1 1", 2],
    ]);

    await page.locator("#keep-look").click();
    await page.locator("#picture-place").getByText(`Frame 1 of ${frames}, clock.gif`).waitFor();
  });

  it("that is kept halfway goes on where it was cancelled, and another one of its name is refused", async () => {
    client = await open();
    const { page } = client;
    const { id } = await api<{ id: string }>("", { name: "A half" });
    await choose(page, "clock.gif", "image/gif", clock);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    // Three pictures arrive, and no more.
    const pictures = /\/v1\/datasets\/[^/]+\/pictures\?/;
    let passed = 0;
    await page.route(pictures, (route) =>
      route.request().method() === "POST" && passed++ >= 3 ? undefined : route.continue(),
    );
    await page.locator("#keep-video").click();
    await page.locator("#keep-set").selectOption("A half");
    expect(await page.getByText("Not made yet, or out of date").count()).toBe(1);
    await page.locator("#keep-now").click();
    await page.getByText(`3 of ${frames}`).waitFor();
    await page.locator("#keep-cancel").click();
    await page.locator("#keep-now").waitFor();
    await page.unroute(pictures);
    await page.locator("#keep-set").selectOption("A half");
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && pictures.test(request.url())) sent.push(request.url());
    });
    await page.locator("#keep-now").click();
    expect(await page.locator("#keep-done").innerText()).toContain(`New in “A half”: ${frames} frames, 1 mask.`);
    expect(sent).toHaveLength(frames - 3);
    expect(await api(`/${id}/statistics`)).toMatchObject({ sequences: 1, frames, tracks: 1 });

    await page.locator(".dialog .primary").click();
    await page.getByTestId("video-leave").click();
    await page.getByTestId("leave-confirm").click();
    const other = await sharp(clock, { animated: true }).negate({ alpha: false }).gif().toBuffer();
    await choose(page, "clock.gif", "image/gif", other);
    await page.getByText(`${frames} frames read.`).waitFor({ state: "attached" });
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await page.locator("#keep-video").click();
    await page.locator("#keep-set").selectOption("A half");
    await page.locator("#keep-now").click();
    expect(await page.locator(".dialog [role=alert]").innerText()).toBe(
      "“A half” has other frames as “clock.gif”. Choose another name.",
    );
  });

  it("of pictures is read, and of what the browser does not play a sentence says what to do", async () => {
    client = await open({
      locale: "zh-CN",
      colorScheme: "dark",
      viewport: { width: 320, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    const { page } = client;
    const picture = await jpegScene(60, 40);
    await page
      .getByTestId("video-file")
      .setInputFiles(["10.jpg", "9.jpg"].map((name) => ({ name, mimeType: "image/jpeg", buffer: picture })));
    await page.getByText("第 1 帧，共 2 帧 ·").waitFor();
    expect(await page.locator("#player-bar strong").textContent()).toBe("9.jpg");
    await client.until({ state: "ready" });
    expect(await page.getByTestId("keep-text").textContent()).toBe("保留物体");
    await clickObject(client);
    await page.locator('.video-object[data-state="corrected"]').waitFor();
    await api("", { name: "手机上的视频", labels: [{ name: "圆盘" }] });
    await page.locator("#keep-video").click();
    await page.locator("#keep-set").selectOption("手机上的视频");
    expect(await page.locator("#keep-label-1").innerText()).toContain("圆盘");
    expect(await violations(client)).toEqual([]);
    expect(await page.evaluate("document.querySelector('.dialog').getBoundingClientRect().right <= 320")).toBe(true);
    await page.keyboard.press("Escape");
    expect(await violations(client)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.getByTestId("video-leave").click();
    await page.getByTestId("leave-confirm").click();
    await choose(page, "film.mp4", "video/mp4", Buffer.from("no film at all"));
    await page.locator("#video-problem").getByText("maskwire track").waitFor();
  });
});
