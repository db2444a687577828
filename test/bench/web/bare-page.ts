import type { Browser, Page } from "playwright-core";

/**
 * A page with a canvas and nothing else that draws a rectangle where it is clicked, at once: what Chromium itself takes
 * from an event to the screen on this machine.
 */
export class BarePage {
  readonly page: Page;
  #clicks = 0;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser): Promise<BarePage> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.setContent('<canvas id="canvas" width="870" height="580"></canvas>');
    await page.evaluate(`{
      const canvas = document.getElementById("canvas");
      const context = canvas.getContext("2d", { alpha: false });
      let clicks = 0;
      canvas.addEventListener("pointerup", ({ timeStamp, offsetX, offsetY }) => {
        performance.mark("bare: click", { startTime: timeStamp });
        context.fillStyle = ["white", "gray"][++clicks % 2];
        context.fillRect(offsetX - 150, offsetY - 150, 300, 300);
        performance.mark("bare: drawn");
        canvas.dataset.clicks = clicks;
      });
    }`);
    return new BarePage(page);
  }

  async click(): Promise<void> {
    await this.page.mouse.click(400, 300);
    this.#clicks++;
    await this.page.locator(`#canvas[data-clicks="${this.#clicks}"]`).waitFor();
    // As long as an answer takes: the display has come to rest before the next.
    await this.page.waitForTimeout(60);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
