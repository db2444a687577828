import type { CDPSession } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };

interface Spot {
  x: number;
  y: number;
}

/** A pen on the page, as the browser gets one from the system. */
class Pen {
  readonly #page: ClientPage;
  readonly #session: CDPSession;

  private constructor(page: ClientPage, session: CDPSession) {
    this.#page = page;
    this.#session = session;
  }

  static async over(page: ClientPage): Promise<Pen> {
    return new Pen(page, await page.page.context().newCDPSession(page.page));
  }

  hover(spot: Spot): Promise<void> {
    return this.#send("mouseMoved", spot, 0, "none");
  }

  press(spot: Spot, force = 0.5, button: "left" | "right" = "left"): Promise<void> {
    return this.#send("mousePressed", spot, force, button);
  }

  drag(spot: Spot, force = 0.5): Promise<void> {
    return this.#send("mouseMoved", spot, force, "left");
  }

  lift(spot: Spot, button: "left" | "right" = "left"): Promise<void> {
    return this.#send("mouseReleased", spot, 0, button);
  }

  async #send(
    type: "mousePressed" | "mouseMoved" | "mouseReleased",
    spot: Spot,
    force: number,
    button: "none" | "left" | "right",
  ): Promise<void> {
    const { x, y } = await this.#page.place(spot);
    const buttons = { none: 0, left: 1, right: 2 }[button];
    const held = type === "mouseReleased" ? 0 : buttons;
    const press = type === "mouseMoved" ? {} : { clickCount: 1 };
    await this.#session.send("Input.dispatchMouseEvent", {
      type,
      x,
      y,
      force,
      button,
      buttons: held,
      pointerType: "pen",
      ...press,
    });
  }
}

async function openReady(): Promise<{ page: ClientPage; pen: Pen }> {
  const page = await stack.open();
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return { page, pen: await Pen.over(page) };
}

function expectArea(found: number, wanted: number): void {
  expect(Math.abs(found / wanted - 1)).toBeLessThan(0.1);
}

/** How high the stroke that is being painted is at a share of the picture's width, in pixels of the screen. */
function strokeAt(page: ClientPage, x: number): Promise<number> {
  return page.page.evaluate(`(() => {
    const layer = document.getElementById("tool-layer");
    const column = layer.getContext("2d").getImageData(Math.round(layer.width * ${x}), 0, 1, layer.height).data;
    return column.filter((value, at) => at % 4 === 3 && value > 0).length;
  })()`);
}

describe("a pen", () => {
  it("shows what lies under it, clicks, and leaves out with its button", async () => {
    const { page, pen } = await openReady();
    await pen.hover({ x: scene.disc.x - 0.01, y: scene.disc.y });
    await pen.hover(scene.disc);
    await page.until({ "mask-look": "preview" });
    await pen.press(scene.disc);
    await pen.lift(scene.disc);
    await page.until({ ...final, points: 1 });
    expectArea(await page.area(), scene.disc.area);
    await pen.press(scene.plate, 0.5, "right");
    await pen.lift(scene.plate, "right");
    await page.until({ ...final, points: 2 });
    expectArea(await page.area(), scene.disc.area);
  });

  it("leaves out where it rests, and draws a box", async () => {
    const { page, pen } = await openReady();
    await pen.press({ x: 0.54, y: 0.11 });
    for (const x of [0.6, 0.8, 0.92]) await pen.drag({ x, y: 0.49 });
    await pen.lift({ x: 0.92, y: 0.49 });
    await page.until({ ...final, box: "true" });
    expectArea(await page.area(), scene.plate.area);
    await pen.press(scene.disc);
    // Still down.
    await page.until({ ...final, points: 1 });
    await pen.lift(scene.disc);
    await page.until({ points: 1, waiting: 0 });
    expectArea(await page.area(), scene.plate.area);
  });

  it("paints with the brush, wider the harder it is pressed", async () => {
    const { page, pen } = await openReady();
    await page.page.keyboard.press("b");
    await page.until({ tool: "brush" });
    const [light, firm] = [scene.disc.x - 0.06, scene.disc.x + 0.06];
    const { y } = scene.disc;
    await pen.press({ x: light - 0.01, y }, 0.1);
    await pen.drag({ x: light + 0.01, y }, 0.1);
    for (const share of [0.25, 0.5, 0.75]) {
      await pen.drag({ x: light + (firm - light) * share, y }, 0.1 + 0.9 * share);
    }
    await pen.drag({ x: firm + 0.01, y }, 1);
    await expect.poll(() => strokeAt(page, firm)).toBeGreaterThan(0);
    expect((await strokeAt(page, firm)) / (await strokeAt(page, light))).toBeGreaterThan(2);
    await pen.lift({ x: firm + 0.01, y });
    await page.until({ ...final, painted: "true" });
    expectArea(await page.area(), scene.disc.area);
  });

  it("takes away with its other end", async () => {
    const { page, pen } = await openReady();
    await page.page.keyboard.press("b");
    await pen.press({ x: scene.disc.x - 0.05, y: scene.disc.y });
    await pen.drag({ x: scene.disc.x + 0.05, y: scene.disc.y });
    await pen.lift({ x: scene.disc.x + 0.05, y: scene.disc.y });
    await page.until({ ...final, painted: "true" });
    const [from, to] = [await page.place({ x: 0.3, y: 0.2 }), await page.place({ x: 0.3, y: 0.5 })];
    // The protocol has no such button: the events are those that browsers make of it.
    await page.page.evaluate(`{
      const canvas = document.getElementById("canvas");
      const send = (type, { x, y }) => canvas.dispatchEvent(new PointerEvent(type, {
        bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, pointerType: "pen", pressure: 0.5,
        button: type === "pointermove" ? -1 : 5, buttons: type === "pointerup" ? 0 : 32, clientX: x, clientY: y,
      }));
      send("pointerdown", ${JSON.stringify(from)});
      send("pointermove", ${JSON.stringify(to)});
    }`);
    const layer = `document.getElementById("tool-layer")`;
    const colour = `[...${layer}.getContext("2d").getImageData(${layer}.width * 0.3, ${layer}.height * 0.4, 1, 1).data]`;
    // Red is for taking away.
    await expect
      .poll(async () => {
        const [red = 0, , blue = 0] = (await page.page.evaluate(colour)) as number[];
        return red > blue;
      })
      .toBe(true);
  });
});
