import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { ClientPage } from "../../browser/page.js";

/** Of a hand with a mouse. */
const restMs = 100;
const pressMs = 80;

/** Milliseconds of the last click by stage, as the page itself shows them. */
export type Stages = Record<string, number>;

/** Our own page, watched from outside: what it does is not changed by being measured. */
export class MaskwirePage {
  readonly client: ClientPage;

  private constructor(client: ClientPage) {
    this.client = client;
  }

  static async open(browser: Browser, url: string): Promise<MaskwirePage> {
    const client = await ClientPage.open(browser, url);
    await client.until({ state: "ready" });
    // An observer is called at the end of the script that has drawn, in the same frame.
    await client.page.evaluate(`{
      const canvas = document.getElementById("canvas");
      addEventListener("change", ({ timeStamp }) => performance.mark("maskwire: chosen", { startTime: timeStamp }), true);
      addEventListener("pointerup", ({ timeStamp }) => performance.mark("maskwire: click", { startTime: timeStamp }), true);
      let seen = canvas.dataset.maskSequence;
      let look = canvas.dataset.maskLook;
      new MutationObserver(() => {
        const { maskSequence, maskLook } = canvas.dataset;
        if (maskSequence !== seen && maskLook === "final") performance.mark("maskwire: mask");
        // Of whatever kind: the first thing to be seen of an object.
        if (maskLook !== look && maskLook !== "none") performance.mark("maskwire: outline");
        seen = maskSequence;
        look = maskLook;
      }).observe(canvas, { attributes: true });
    }`);
    return new MaskwirePage(client);
  }

  /** Resolves when the picture is to be seen. @param width of the picture, by which it is known. */
  async choose(buffer: Buffer, width: number): Promise<void> {
    await this.client.choose(buffer);
    await this.client.until({ "image-width": width });
  }

  /** A click on nothing else than this object. Resolves when its mask is drawn. @param spot as shares of the picture. */
  async click(spot: { x: number; y: number }, by: "hand" | "script" = "script"): Promise<Stages> {
    if (by === "script") await this.client.click(spot);
    else await this.#clickByHand(spot);
    await this.client.until({ "mask-look": "final", points: 1, waiting: 0 });
    const sequence = await this.client.data("mask-sequence");
    const { page } = this.client;
    const legend = `#legend[data-drawn="true"][data-sequence="${sequence}"]`;
    return JSON.parse((await page.locator(legend).getAttribute("data-stages")) ?? "{}");
  }

  /** A hand comes to rest on what it has seen the preview of, and takes its time to press. */
  async #clickByHand(spot: { x: number; y: number }): Promise<void> {
    const { x, y } = await this.client.place(spot);
    const { mouse } = this.client.page;
    await mouse.move(x, y);
    await this.client.until({ "mask-look": "preview" });
    await setTimeout(restMs);
    await mouse.down();
    await setTimeout(pressMs);
    await mouse.up();
  }

  async clear(): Promise<void> {
    await this.client.page.keyboard.press("Escape");
    await this.client.until({ points: 0, waiting: 0 });
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
