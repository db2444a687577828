import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { openBrowser } from "./chromium.js";
import { ClientPage, scenePhoto } from "./page.js";

/** A browser and a whole Maskwire for the tests of one file; its pages close after each, and none may have complained. */
export class RealStack {
  browser!: Browser;
  maskwire!: Maskwire;
  photo!: Buffer;
  readonly pages: ClientPage[] = [];

  constructor() {
    beforeAll(async () => {
      [this.browser, this.maskwire, this.photo] = await Promise.all([openBrowser(), startMaskwire(), scenePhoto()]);
    });
    afterEach(async () => {
      const complaints = this.pages.flatMap((page) => page.complaints);
      await Promise.all(this.pages.splice(0).map((page) => page.close()));
      expect(complaints).toEqual([]);
    });
    afterAll(async () => {
      await this.browser?.close();
      await this.maskwire?.stop();
    });
  }

  async open(url = this.maskwire.url, options = {}): Promise<ClientPage> {
    const page = await ClientPage.open(this.browser, url, options);
    this.pages.push(page);
    return page;
  }
}
