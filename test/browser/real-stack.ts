import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { joinBrowser } from "./chromium.js";
import { ClientPage, type Preparation, scenePhoto } from "./page.js";
import type { SharedMaskwire } from "./shared-maskwire.js";

/** The browser and the Maskwire of all files, for the tests of one: its pages close after each test, and none may have complained. */
export class RealStack {
  readonly maskwire: SharedMaskwire = inject("maskwire");
  browser!: Browser;
  photo!: Buffer;
  readonly pages: ClientPage[] = [];

  constructor() {
    beforeAll(async () => {
      [this.browser, this.photo] = await Promise.all([joinBrowser(inject("browser")), scenePhoto()]);
    });
    afterEach(async () => {
      const complaints = this.pages.flatMap((page) => page.complaints);
      await Promise.all(this.pages.splice(0).map((page) => page.close()));
      expect(complaints).toEqual([]);
    });
    afterAll(() => this.browser?.close());
  }

  async open(url = this.maskwire.url, options = {}, prepare?: Preparation): Promise<ClientPage> {
    const page = await ClientPage.open(this.browser, url, options, prepare);
    this.pages.push(page);
    return page;
  }
}
