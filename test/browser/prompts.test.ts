import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };
const plateBox = { from: { x: 0.54, y: 0.11 }, to: { x: 0.92, y: 0.49 } };

/** A page that nobody has set anything on. */
async function openOwn(options = {}): Promise<ClientPage> {
  const page = await stack.open(undefined, options);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

function expectArea(found: number, wanted: number, share = 0.1): void {
  expect(found).toBeGreaterThan(wanted * (1 - share));
  expect(found).toBeLessThan(wanted * (1 + share));
}

/** With the button down through all these places. */
async function draw(page: ClientPage, way: readonly { x: number; y: number }[], button: "left" | "right" = "left") {
  const [first, ...others] = await Promise.all(way.map((spot) => page.place(spot)));
  await page.page.mouse.move(first!.x, first!.y);
  await page.page.mouse.down({ button });
  for (const { x, y } of others) await page.page.mouse.move(x, y, { steps: 4 });
  await page.page.mouse.up({ button });
}

/** Waits for a mask of another size. */
async function otherThan(page: ClientPage, area: number): Promise<void> {
  await expect.poll(() => page.data("mask-area")).not.toBe(String(area));
  await page.until(final);
}

/** The way round the disc, a little outside it. */
const aroundDisc = Array.from({ length: 25 }, (_, at) => {
  const angle = (at / 24) * 2 * Math.PI;
  const radius = 0.25 * scene.height;
  return {
    x: scene.disc.x + (radius * Math.cos(angle)) / scene.width,
    y: scene.disc.y + (radius * Math.sin(angle)) / scene.height,
  };
});

describe("the brush", () => {
  it("makes a mask of a rough stroke, and takes from it with the right button; undo gives it back", async () => {
    const page = await stack.fresh();
    await page.page.keyboard.press("b");
    await page.until({ tool: "brush" });
    await draw(page, [
      { x: scene.disc.x - 0.06, y: scene.disc.y },
      { x: scene.disc.x + 0.06, y: scene.disc.y + 0.03 },
    ]);
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.disc.area);
    const before = await page.area();
    await draw(
      page,
      [
        { x: 0.3, y: 0.2 },
        { x: 0.3, y: 0.5 },
      ],
      "right",
    );
    await otherThan(page, before);
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, "mask-area": before });
    await page.page.keyboard.press("Control+z");
    await page.until({ painted: "false", "mask-look": "none" });
  });

  it("grows and shrinks by key and by slider", async () => {
    const page = await openOwn();
    await page.page.keyboard.press("b");
    const size = page.page.getByTestId("brush-size");
    await size.waitFor();
    const width = async () => Number(await size.inputValue());
    const before = await width();
    await page.page.keyboard.press(".");
    await expect.poll(width).toBeGreaterThan(before);
    await page.page.keyboard.press(",");
    await page.page.keyboard.press(",");
    await expect.poll(width).toBeLessThan(before);
    await size.fill("120");
    await page.click(scene.disc);
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.disc.area);
  });

  it("paints with a finger on a narrow phone, and the page stays where it is", async () => {
    const page = await openOwn({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    await page.page.getByTestId("tool-brush").check({ force: true });
    const touch = await page.page.context().newCDPSession(page.page);
    const [from, to] = [
      await page.place({ x: scene.disc.x - 0.05, y: scene.disc.y - 0.1 }),
      await page.place({ x: scene.disc.x + 0.05, y: scene.disc.y + 0.1 }),
    ];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [from] });
    await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [to] });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.disc.area, 0.15);
    expect(await page.page.evaluate("scrollY")).toBe(0);
    const wide = await page.page.evaluate("document.documentElement.scrollWidth");
    expect(wide).toBeLessThanOrEqual(320);
  });
});

describe("the lasso", () => {
  it("finds what it is drawn round", async () => {
    const page = await stack.fresh();
    await page.page.getByTestId("tool-lasso").check({ force: true });
    await draw(page, aroundDisc);
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.disc.area);
  });

  it("is set corner by corner, and Escape gives it up", async () => {
    const page = await stack.fresh();
    await page.page.keyboard.press("l");
    const { from, to } = plateBox;
    const corners = [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
    for (const corner of corners) await page.click(corner);
    await page.page.keyboard.press("Escape");
    await page.until({ painted: "false", waiting: 0 });
    for (const corner of [...corners, from]) await page.click(corner);
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.plate.area);
  });
});

describe("a point that is there", () => {
  it("is dragged elsewhere, and the mask follows", async () => {
    const page = await stack.fresh();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
    await draw(page, [scene.disc, { x: 0.5, y: 0.4 }, scene.plate]);
    await page.until({ ...final, points: 1, box: "false", picked: 0 });
    expectArea(await page.area(), scene.plate.area);
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
  });

  it("goes at a double click, at its cross, and at Delete", async () => {
    const page = await stack.fresh();
    for (const spot of [scene.disc, scene.plate]) await page.click(spot);
    await page.until({ ...final, points: 2 });
    const { x, y } = await page.place(scene.plate);
    await page.page.mouse.dblclick(x, y);
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 2 });
    await page.page.mouse.click(x, y);
    await page.until({ picked: 1 });
    await page.page.mouse.click(x + 17, y - 17);
    await page.until({ ...final, points: 1, picked: "none" });
    await page.page.getByTestId("canvas").focus();
    await page.page.keyboard.press("p");
    await page.until({ picked: 0 });
    expect(await page.page.getByTestId("picked-announcement").textContent()).toMatch(/^Point 1 of 1, included/);
    await page.page.keyboard.press("Delete");
    await page.until({ points: 0, "mask-look": "none" });
  });

  it("is picked and moved by keys, as one step of the history", async () => {
    const page = await stack.fresh();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const first = await page.area();
    await page.page.keyboard.press("p");
    await page.until({ picked: 0 });
    await page.page.keyboard.down("ArrowRight");
    for (let i = 0; i < 19; i++) await page.page.keyboard.down("ArrowRight");
    await page.page.keyboard.up("ArrowRight");
    await otherThan(page, first);
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.plate.area);
    await page.page.keyboard.press("Escape");
    await page.until({ picked: "none", points: 1 });
    await page.page.keyboard.press("Control+z");
    await page.until({ ...final, points: 1, "mask-area": first });
  });

  it("goes where a finger rests on it", async () => {
    const page = await openOwn({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const { x, y } = await page.place(scene.disc);
    await page.page.touchscreen.tap(x, y);
    await page.until({ ...final, points: 1 });
    const touch = await page.page.context().newCDPSession(page.page);
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + 8, y: y + 6 }] });
    await page.until({ points: 0 });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  });
});

describe("a box that is there", () => {
  it("is pulled by its side, and goes together with points", async () => {
    const page = await stack.fresh();
    await page.page.keyboard.press("m");
    // Too small at first: half of the plate.
    await page.drag({ x: 0.54, y: 0.11 }, { x: 0.73, y: 0.49 });
    await page.until({ ...final, box: "true" });
    await page.drag({ x: 0.73, y: 0.3 }, { x: 0.92, y: 0.3 });
    await page.until({ ...final, box: "true" });
    await expect.poll(() => page.area()).toBeGreaterThan(scene.plate.area * 0.9);
    expectArea(await page.area(), scene.plate.area);
    await page.page.keyboard.press("v");
    await page.click(scene.plate);
    await page.until({ ...final, box: "true", points: 1 });
    expectArea(await page.area(), scene.plate.area);
  });

  it("is set by keys", async () => {
    const page = await openOwn();
    await page.page.keyboard.press("m");
    await page.page.getByTestId("canvas").focus();
    const { keyboard } = page.page;
    for (let i = 0; i < 19; i++) await keyboard.press("ArrowUp");
    for (let i = 0; i < 2; i++) await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    for (let i = 0; i < 18; i++) await keyboard.press("ArrowRight");
    for (let i = 0; i < 19; i++) await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await page.until({ ...final, box: "true" });
  });
});

describe("the look of a mask", () => {
  it("has an outline that moves, and stands still for those who want it so", async () => {
    const page = await openOwn();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const pixels = "document.getElementById('tool-layer').toDataURL()";
    const first: string = await page.page.evaluate(pixels);
    await expect.poll(() => page.page.evaluate(pixels)).not.toBe(first);
    await page.page.emulateMedia({ reducedMotion: "reduce" });
    await expect
      .poll(async () => {
        const before = await page.page.evaluate(pixels);
        await page.page.waitForTimeout(200);
        return (await page.page.evaluate(pixels)) === before;
      })
      .toBe(true);
  });

  it("is filled or only outlined", async () => {
    const page = await stack.fresh();
    await page.click(scene.disc);
    await page.until({ ...final, points: 1 });
    const pixel = () =>
      page.page.evaluate(`(() => {
        const canvas = document.getElementById("canvas");
        const [x, y] = [Math.round(canvas.width * 0.08), Math.round(canvas.height * 0.9)];
        return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
      })()`);
    const dimmed = await pixel();
    await page.page.keyboard.press("f");
    await page.page.locator('#fill[aria-pressed="false"]').waitFor();
    await expect.poll(pixel).not.toEqual(dimmed);
    await page.page.getByTestId("fill").click();
    await expect.poll(pixel).toEqual(dimmed);
  });
});

describe("the tool that moves the picture", () => {
  it("moves the picture and clicks nothing", async () => {
    const page = await stack.fresh();
    for (let i = 0; i < 4; i++) await page.page.keyboard.press("+");
    await page.page.keyboard.press("h");
    await page.drag({ x: 0.5, y: 0.5 }, { x: 0.3, y: 0.3 });
    await page.click(scene.disc);
    await page.until({ tool: "pan", pan: "ready", points: 0, box: "false", waiting: 0 });
  });
});
