import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { projectRoot } from "../../../services/runtime/project-root.js";
import { Child } from "../../support/child.js";

/**
 * A page with a canvas and nothing else that draws a rectangle where it is clicked: what Chromium itself takes from an event
 * to the screen on this machine. At once with the left button; with the right one when a WebSocket has answered that has nothing
 * behind it. And a picture of 12 megapixels that moves with the pointer while the button is down.
 */
export class BarePage implements AsyncDisposable {
  readonly page: Page;
  readonly #echo: Child;
  #clicks = 0;

  private constructor(page: Page, echo: Child) {
    this.page = page;
    this.#echo = echo;
  }

  static async open(browser: Browser): Promise<BarePage> {
    const entry = join(projectRoot, "dist", "test", "bench", "web", "bare-echo-process.js");
    const echo = new Child(process.execPath, [entry], { env: { PATH: process.env.PATH ?? "" } });
    const [, port] = await echo.line(/^port (\d+)$/);
    try {
      return new BarePage(await openPage(browser, Number(port)), echo);
    } catch (error) {
      await echo[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @param over whether a WebSocket is asked first. */
  async click(over: "nothing" | "socket"): Promise<void> {
    await this.page.mouse.click(400, 300, { button: over === "socket" ? "right" : "left" });
    this.#clicks++;
    await this.page.locator(`#canvas[data-clicks="${this.#clicks}"]`).waitFor();
    // As long as an answer takes: the display has come to rest before the next.
    await this.page.waitForTimeout(60);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    await this.#echo[Symbol.asyncDispose]();
  }
}

async function openPage(browser: Browser, port: number): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.setContent('<canvas id="canvas" width="870" height="580"></canvas>');
  await page.evaluate(`(async () => {
      const canvas = document.getElementById("canvas");
      const context = canvas.getContext("2d", { alpha: false });
      const socket = new WebSocket("ws://127.0.0.1:${port}");
      socket.binaryType = "arraybuffer";
      const question = new Uint8Array(100);
      let clicks = 0;
      const draw = (name) => {
        context.fillStyle = ["white", "gray"][++clicks % 2];
        context.fillRect(250, 150, 300, 300);
        performance.mark(name + ": drawn");
        canvas.dataset.clicks = clicks;
      };
      canvas.addEventListener("contextmenu", (event) => event.preventDefault());
      canvas.addEventListener("pointerup", ({ button, timeStamp }) => {
        if (button === 0) {
          performance.mark("bare: click", { startTime: timeStamp });
          draw("bare");
          return;
        }
        performance.mark("bare socket: click", { startTime: timeStamp });
        socket.onmessage = () => requestAnimationFrame(() => draw("bare socket"));
        socket.send(question);
      });
      const large = new OffscreenCanvas(4000, 3000);
      const paint = large.getContext("2d");
      for (let x = 0; x < 4000; x += 40) {
        paint.fillStyle = "hsl(" + (x / 11) + " 60% 50%)";
        paint.fillRect(x, 0, 40, 3000);
      }
      const picture = await createImageBitmap(large);
      let frame;
      canvas.addEventListener("pointermove", ({ buttons, offsetX, offsetY }) => {
        if (buttons === 0) return;
        frame ??= requestAnimationFrame(() => {
          frame = undefined;
          context.drawImage(picture, offsetX - 2000, offsetY - 1500);
        });
      });
      await new Promise((open) => socket.addEventListener("open", open));
    })()`);
  return page;
}
