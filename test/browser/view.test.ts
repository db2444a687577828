import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

async function openOwn(options = {}): Promise<ClientPage> {
  const page = await stack.open(stack.maskwire.url, options);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

const zoomOf = async (page: ClientPage) => Number(await page.data("zoom"));

/** Waits until the picture is drawn nearer or farther than it was. */
async function zoomed(page: ClientPage, from: number, direction: 1 | -1): Promise<number> {
  const canvas = page.page.getByTestId("canvas");
  await expect.poll(async () => direction * (Number(await canvas.getAttribute("data-zoom")) - from)).toBeGreaterThan(0);
  return zoomOf(page);
}

describe("looking closer", () => {
  it("zooms about the pointer with the wheel: the object under it stays there and is found by a click", async () => {
    const page = await stack.fresh();
    const whole = await zoomOf(page);
    const spot = await page.place(scene.disc);
    await page.page.mouse.move(spot.x, spot.y);
    for (let notch = 0; notch < 6; notch++) await page.page.mouse.wheel(0, -100);
    const near = await zoomed(page, whole, 1);
    expect(near / whole).toBeGreaterThan(2);
    await page.page.mouse.click(spot.x, spot.y);
    await page.until({ "mask-look": "final", points: 1 });
    expect(await page.area()).toBeGreaterThan(scene.disc.area * 0.93);
    expect(await page.area()).toBeLessThan(scene.disc.area * 1.07);
    await page.page.getByTestId("zoom-whole").click();
    await page.until({ zoom: whole.toFixed(3) });
    // The prompt was in pixels of the picture: its mask does not move.
    expect(await page.area()).toBeGreaterThan(scene.disc.area * 0.93);
  });

  it("moves the picture with Space and drag and with the middle button, and clicks nothing meanwhile", async () => {
    const page = await stack.fresh();
    await page.page.getByTestId("canvas").focus();
    for (let step = 0; step < 4; step++) await page.page.keyboard.press("+");
    await zoomed(page, 0, 1);
    await page.page.keyboard.down("Space");
    await page.drag({ x: 0.5, y: 0.5 }, { x: 0.2, y: 0.3 });
    await page.page.keyboard.up("Space");
    const middle = await page.place({ x: 0.5, y: 0.5 });
    await page.page.mouse.move(middle.x, middle.y);
    await page.page.mouse.down({ button: "middle" });
    await page.page.mouse.move(middle.x + 40, middle.y + 10);
    await page.page.mouse.up({ button: "middle" });
    expect([await page.data("points"), await page.data("box")]).toEqual(["0", "false"]);
    await page.page.keyboard.press("0");
    await expect.poll(() => page.page.getByTestId("zoom-whole").isDisabled()).toBe(true);
  });

  it("paints the picture as finely as before once it rests again", async () => {
    const page = await stack.fresh();
    const pixels = (): Promise<string> => page.page.evaluate("document.getElementById('canvas').toDataURL()");
    const before = await pixels();
    const whole = await page.data("zoom");
    for (let step = 0; step < 4; step++) await page.page.keyboard.press("+");
    await zoomed(page, Number(whole), 1);
    await expect.poll(pixels).not.toBe(before);
    await page.page.keyboard.press("0");
    await page.until({ zoom: whole });
    await expect.poll(pixels).toBe(before);
  });

  it("shows one pixel on one pixel", async () => {
    const page = await stack.fresh();
    await page.page.getByTestId("zoom-actual").click();
    await page.until({ zoom: "1.000" });
  });

  it("zooms with two fingers, which are no taps", async () => {
    const page = await openOwn({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
    const whole = await zoomOf(page);
    const { x, y } = await page.place({ x: 0.5, y: 0.5 });
    const session = await page.page.context().newCDPSession(page.page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", spread?: number) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints:
          spread === undefined
            ? []
            : [
                { x: x - spread, y, id: 1 },
                { x: x + spread, y, id: 2 },
              ],
      });
    await touch("touchStart", 30);
    for (const spread of [40, 55, 70, 90]) await touch("touchMove", spread);
    await touch("touchEnd");
    expect((await zoomed(page, whole, 1)) / whole).toBeGreaterThan(1.8);
    expect(await page.data("points")).toBe("0");
  });
});
