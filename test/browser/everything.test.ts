import { describe, expect, it } from "vitest";
import { type Sa1bRecord, sa1bImageId } from "../../proto/index.js";
import { SlowLink } from "../support/slow-link.js";
import { bytesOf, type ClientPage, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

async function openReady(url?: string, options = {}): Promise<ClientPage> {
  const page = await stack.open(url, options);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

async function openFinding(url?: string, options = {}): Promise<ClientPage> {
  const page = await openReady(url, options);
  await page.page.getByTestId("everything-begin").click();
  await page.found(1);
  return page;
}

const textOf = (page: ClientPage, id: string) => page.page.getByTestId(id).textContent();
/** Shapes with shading have parts, and any of them may be what is found. */
const discAtLeast = scene.disc.area * 0.02;
const discAtMost = scene.disc.area * 1.1;

describe("everything mode in the web client", () => {
  it("finds every object, highlights the one under the pointer, gives it into the hand, and all of them as a file", async () => {
    const page = await openFinding();
    await page.until({ everything: "done" }, 240_000);
    const count = Number(await page.data("found"));
    expect(count).toBeGreaterThan(2);
    expect(await textOf(page, "announcement")).toMatch(new RegExp(`^${count} masks found\\.`));

    const saving = page.page.waitForEvent("download");
    await page.page.getByTestId("everything-save").click();
    const record: Sa1bRecord = JSON.parse((await bytesOf(await saving)).toString());
    expect(record.image).toMatchObject({ image_id: sa1bImageId(await page.data("image-id")), width: scene.width });
    expect(record.annotations).toHaveLength(count);

    await page.hover(scene.disc);
    await page.page.locator('#canvas:not([data-lit="0"])').waitFor();
    const lit = Number(await page.data("lit"));
    await page.click(scene.disc);
    await page.until({ overlay: "false", "mask-look": "final", points: 1, waiting: 0 });
    const area = await page.area();
    expect(area).toBe(record.annotations.find(({ id }) => id === lit)?.area);
    expect(area).toBeGreaterThan(discAtLeast);
    expect(area).toBeLessThan(discAtMost);
    expect(await page.page.getByTestId("take-one").isEnabled()).toBe(true);

    await page.page.getByTestId("everything-toggle").click();
    await page.until({ overlay: "true", found: count, "mask-look": "none" });
  });

  it("stops at Escape and keeps what was found; Tab goes through it and Enter takes one", async () => {
    const page = await openFinding();
    await page.found(2);
    await page.page.keyboard.press("Escape");
    await page.until({ everything: "cancelled", overlay: "true" });
    await page.page.getByTestId("canvas").focus();
    await page.page.keyboard.press("Tab");
    await page.page.locator('#canvas:not([data-lit="0"])').waitFor();
    const first = await page.data("lit");
    await page.page.keyboard.press("Tab");
    // The page shows what a key did with its next frame.
    await expect.poll(() => page.data("lit")).not.toBe(first);
    await expect.poll(() => textOf(page, "announcement")).toMatch(/^Mask 2 of \d+, /);
    await page.page.keyboard.press("Enter");
    await page.until({ overlay: "false", "mask-look": "final", points: 1 });
    await page.page.keyboard.press("e");
    await page.until({ overlay: "true", "mask-look": "none" });
    await page.page.keyboard.press("Escape");
    await page.until({ overlay: "false", "mask-look": "final" });
    // And a click is a click again, the search notwithstanding.
    await page.page.getByTestId("clear").click();
    await page.click(scene.plate);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
  });

  it("goes on beside clicks, and ends with another picture", async () => {
    const page = await openFinding();
    await page.page.getByTestId("everything-toggle").click();
    await page.until({ overlay: "false", everything: "finding" });
    await page.click(scene.plate);
    await page.until({ "mask-look": "final", points: 1, everything: "finding" });
    await page.choose(await scenePhoto(3), "other.jpg");
    await page.until({ state: "ready", everything: "off", points: 0 });
    await page.page.keyboard.press("e");
    await page.until({ everything: "finding", overlay: "true" });
    await page.found(1);
  });

  it("says that the connection was lost, keeps what was found, and begins again", async () => {
    const link = { target: new URL(stack.maskwire.url).host, delayMs: 0 };
    const first = await SlowLink.open(link);
    const page = await openFinding(first.url);
    const port = Number(new URL(first.url).port);
    await first[Symbol.asyncDispose]();
    await page.until({ everything: "failed" });
    await page.found(1);
    await using _second = await SlowLink.open({ ...link, port });
    await page.until({ connection: "open", state: "ready" });
    const action = page.page.locator('#notice-action[data-action="begin"]');
    await action.waitFor();
    expect(await textOf(page, "notice-text")).toMatch(/^[A-Z].*\.$/);
    await action.click();
    await page.until({ everything: "finding" });
    await page.found(1);
  });

  it("fits a narrow phone, and a finger takes a mask", async () => {
    const page = await openFinding(undefined, {
      viewport: { width: 320, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    await page.found(2);
    await page.page.getByTestId("everything-cancel").click();
    await page.until({ everything: "cancelled" });
    expect(await page.page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    const { x, y } = await page.place(scene.plate);
    await page.page.touchscreen.tap(x, y);
    await page.until({ overlay: "false", "mask-look": "final", points: 1 });
  });
});

describe("a connection that has gone silent", () => {
  it("is noticed by an unanswered click, which is answered over the next one", async () => {
    let connections = 0;
    const page = await stack.open(undefined, {}, (one) =>
      one.routeWebSocket("**/v1/ws", (socket) => {
        const isSilent = connections++ === 0;
        const server = socket.connectToServer();
        server.onMessage((message) => {
          // A result of a click begins with the field of its frame; all else passes.
          const isAnswer = typeof message !== "string" && message[0] === answerTag;
          if (!(isSilent && isAnswer)) socket.send(message);
        });
      }),
    );
    await page.choose(stack.photo);
    await page.until({ state: "ready", "image-width": scene.width });
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", points: 1, waiting: 0 });
    expect(connections).toBe(2);
  });
});

/** Field 3 of `ServerFrame`, `segment`, on the wire: the number shifted by three, and 2 for a length. */
const answerTag = (3 << 3) | 2;
