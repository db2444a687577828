import { afterAll, beforeAll, expect, it } from "vitest";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
/** Of its own: on one core an encode takes long enough for a draft, and no other pictures are in line. */
let maskwire: MaskwireProcess;

beforeAll(async () => {
  maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", MASKWIRE_ENCODER_THREADS: "1" });
}, 120_000);
afterAll(() => maskwire?.[Symbol.asyncDispose]());

it("shows a draft of a click on a picture that is still studied, only to be looked at, and its own mask in the same place", async () => {
  const page = await stack.open(maskwire.url);
  await page.until({ state: "ready" });
  await page.page.evaluate(`{
    const canvas = document.querySelector("#canvas");
    const looks = [];
    new MutationObserver(() => {
      const { maskLook } = canvas.dataset;
      if (looks.at(-1) !== maskLook) looks.push(maskLook);
      canvas.dataset.looks = looks.join(" ");
    }).observe(canvas, { attributeFilter: ["data-mask-look"] });
  }`);
  await page.choose(await jpegScene(1300, 867, 31));
  await page.until({ "image-width": 1300 });
  await page.click(scene.disc);
  await page.until({ "mask-look": "draft", drafted: "true" });
  const draftArea = Number(await page.data("draft-area"));
  const part = (id: string) => page.page.getByTestId(id);
  expect(await part("announcement").textContent()).toMatch(/^Draft: 1\d % of the picture/);
  expect(await part("status-text").textContent()).toMatch(/^Draft/);
  expect(await part("keep").isDisabled()).toBe(true);
  expect(await part("take-one").isDisabled()).toBe(true);
  await page.page.keyboard.press("k");

  await page.until({ "mask-look": "final", drafted: "false", waiting: 0, state: "ready" });
  expect(await page.data("looks")).toMatch(/draft final$/);
  expect(await page.data("objects")).toBe("0");
  expect((await page.area()) / draftArea).toBeCloseTo(1, 0);
  expect(await part("announcement").textContent()).toMatch(/^Object found/);
  expect(await part("keep").isDisabled()).toBe(false);
});
