import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { joinBrowser } from "./chromium.js";
import { ClientPage, type Preparation, scene, scenePhoto } from "./page.js";
import type { SharedMaskwire } from "./shared-maskwire.js";

/** The browser and the Maskwires of all files, for the tests of one: its pages close after each test, and none may have complained. */
export class RealStack {
  readonly maskwire: SharedMaskwire = inject("maskwire");
  /** With the tiny model, for what is not about masks. */
  readonly tiny: SharedMaskwire = inject("tinyMaskwire");
  browser!: Browser;
  photo!: Buffer;
  readonly pages: ClientPage[] = [];
  #shared: ClientPage | undefined;

  constructor() {
    beforeAll(async () => {
      [this.browser, this.photo] = await Promise.all([joinBrowser(inject("browser")), scenePhoto()]);
    });
    afterEach(async ({ task }) => {
      const shared = this.#shared ? [this.#shared] : [];
      const complaints = [...this.pages, ...shared].flatMap((page) => page.complaints.splice(0));
      const left = this.pages.splice(0);
      // What a test that failed has left there would have the next ones fail too.
      if (task.result?.state === "fail") {
        left.push(...shared);
        this.#shared = undefined;
      }
      await Promise.all(left.map((page) => page.close()));
      expect(complaints).toEqual([]);
    });
    afterAll(() => this.browser?.close());
  }

  /**
   * The file's page of its own with the photo as it is when it has just been chosen, for tests that leave no setting behind: to
   * open a page takes the machine longer than most of them.
   */
  async fresh(): Promise<ClientPage> {
    this.#shared ??= await this.#openShared();
    const { page } = this.#shared;
    await page.mouse.move(1, 1);
    await page.evaluate(`{
      for (const remove of document.querySelectorAll("#strip .strip-remove")) remove.click();
      document.activeElement?.blur();
    }`);
    await page.getByTestId("welcome").waitFor();
    await this.#shared.choose(this.photo);
    await this.#shared.until({ state: "ready", "image-width": scene.width, points: 0, objects: 0 });
    // The tool of clicks, and the whole picture.
    for (const key of ["v", "0"]) await page.keyboard.press(key);
    await this.#shared.until({ tool: "click" });
    return this.#shared;
  }

  async #openShared(): Promise<ClientPage> {
    const page = await ClientPage.open(this.browser, this.maskwire.url, {}, preferServer);
    await page.until({ state: "ready" });
    return page;
  }

  /** A page that leaves decoding to the server until it is told otherwise. */
  open(url = this.maskwire.url, options = {}, prepare?: Preparation): Promise<ClientPage> {
    return this.openAsItIs(url, options, async (page) => {
      await preferServer(page);
      await prepare?.(page);
    });
  }

  /** A page that decides by itself where it decodes, as people's do. */
  async openAsItIs(url = this.maskwire.url, options = {}, prepare?: Preparation): Promise<ClientPage> {
    const page = await ClientPage.open(this.browser, url, options, prepare);
    this.pages.push(page);
    return page;
  }
}

/**
 * To a page on a busy machine the network seems slow: it would fetch, compile and prove a decoder of its own, which takes
 * more of the machine than all that most tests are about.
 */
async function preferServer(page: Page): Promise<void> {
  await page.addInitScript(`try {
    localStorage["maskwire-decoding"] ??= "server";
  } catch {}`);
}
