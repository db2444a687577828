import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClientFrameSchema } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { colourPicture } from "../support/colour-picture.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import type { ClientPage } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
let maskwire: Maskwire;
let picture: Buffer;

beforeAll(async () => {
  [maskwire, picture] = await Promise.all([startMaskwire(tinyModelEnv({ second: true })), colourPicture()]);
});
afterAll(() => maskwire?.stop());

async function say(page: ClientPage, words: string): Promise<void> {
  await page.page.locator("#canvas").focus();
  await page.page.keyboard.press("/");
  await page.page.keyboard.press("ControlOrMeta+A");
  await page.page.keyboard.type(words);
  await page.page.keyboard.press("Enter");
}

it("G1, G3: finds what words say, gives all of it as objects with their names, and says what it does not know", async () => {
  const page = await stack.open(maskwire.url);
  await page.choose(picture, "colours.png", "image/png");
  await page.until({ state: "ready" });

  await say(page, "dogs");
  await page.until({ everything: "done", overlay: "true", found: 2 });
  expect(await page.page.getByTestId("announcement").textContent()).toMatch(/^“dogs”: 2 found\./);
  expect(await page.page.locator('#words-known option[value="puppy"]').count()).toBe(1);

  await page.page.getByTestId("everything-take-all").click();
  await page.until({ overlay: "false", objects: 2 });
  expect(await page.page.locator("#objects-list").textContent()).toMatch(/dog.*dog 2|dog 2.*dog/);

  await say(page, "wyvern");
  await page.until({ everything: "failed" });
  expect(await page.page.getByTestId("notice-text").textContent()).toMatch(/wyvern/);
  await say(page, "cup");
  await page.until({ everything: "done", found: 0 });
});

it("N8: opens the picture with another model, by keyboard or by the page's address, and asks it of what is in hand", async () => {
  const page = await stack.open(maskwire.url);
  const opened: string[] = [];
  page.page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      const { frame } = fromBinary(ClientFrameSchema, Buffer.from(payload));
      if (frame.case === "openImage") opened.push(frame.value.model);
    });
  });
  await page.page.reload();
  await page.choose(picture, "colours.png", "image/png");
  await page.until({ state: "ready", "image-width": 640 });
  await page.click({ x: 0.3, y: 0.3 });
  await page.until({ "mask-look": "final", points: 1, waiting: 0 });
  await page.page.getByTestId("keep").click();
  await page.until({ objects: 1, points: 0 });
  await page.click({ x: 0.7, y: 0.7 });
  await page.until({ "mask-look": "final", points: 1, waiting: 0 });
  const before = await page.data("mask-sequence");

  const choice = page.page.getByTestId("model");
  expect(await choice.locator("option").allTextContents()).toEqual(["Discs for tests", "The same discs"]);
  await choice.focus();
  await page.page.keyboard.press("ArrowDown");
  await page.page.locator(`#canvas[data-mask-look="final"]:not([data-mask-sequence="${before}"])`).waitFor();
  await page.until({ state: "ready", objects: 1, points: 1, waiting: 0 });
  expect(new URL(page.page.url()).searchParams.get("model")).toBe("second");

  opened.length = 0;
  await page.page.reload();
  await page.until({ state: "ready", "image-width": 640, objects: 1, points: 1 });
  expect(await choice.inputValue()).toBe("second");
  expect(new Set(opened)).toEqual(new Set(["second"]));
});
