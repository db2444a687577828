import { buffer } from "node:stream/consumers";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Download,
  type Page,
  selectors,
} from "playwright-core";
import { drawScene, jpegScene, orientedJpeg, sceneClicks } from "../support/pictures.js";
import { longestMs } from "./chromium.js";

// The page's elements are known by their own names.
selectors.setTestIdAttribute("id");

/** The page says what it knows in data attributes, which it does for whoever asks. */
export function watched(url: string): string {
  const address = new URL(url);
  address.searchParams.set("watch", "");
  return address.href;
}

/** What is in `drawScene`, as shares of the picture for clicks at any size, with the pixels that each object has. */
const size = { width: 1200, height: 800 };
export const scene = {
  ...size,
  disc: { ...sceneClicks.disc, area: Math.PI * (0.22 * size.height) ** 2 },
  plate: { ...sceneClicks.plate, area: 0.34 * size.width * 0.32 * size.height },
} as const;

/** @param seed every seed is a picture of its own. */
export function scenePhoto(seed = 0): Promise<Buffer> {
  return jpegScene(size.width, size.height, seed);
}

/** The scene as a phone stores it that was held upright: lying on its side, with a note to turn it. */
export function turnedPhoto(): Promise<Buffer> {
  return orientedJpeg(drawScene(size.width, size.height), 6);
}

/** A file that the page makes; the browser may run elsewhere. */
export const bytesOf = async (download: Download): Promise<Buffer> => buffer(await download.createReadStream());

/** What is done to a page before it goes anywhere, so that nothing it sends is missed. */
export type Preparation = (page: Page) => void | Promise<void>;

/** The page, driven as a person would, waiting on what its canvas says of itself. */
export class ClientPage {
  readonly page: Page;
  /** What the page complained about; a good page does not. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) this.complaints.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    prepare?: Preparation,
  ): Promise<ClientPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    return ClientPage.openIn(context, url, prepare);
  }

  /** In a browser that has been on the page before. */
  static async openIn(context: BrowserContext, url: string, prepare?: Preparation): Promise<ClientPage> {
    context.setDefaultTimeout(longestMs);
    const client = new ClientPage(await context.newPage());
    // A second answer comes when it comes: only those that wait for it have it. Of this page alone: one beside it may have crashed.
    await client.page.addInitScript("try { localStorage['maskwire-detail'] ??= 'off' } catch {}");
    await prepare?.(client.page);
    await client.page.goto(watched(url));
    return client;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  async choose(buffer: Buffer, name = "photo.jpg", mimeType = "image/jpeg"): Promise<void> {
    await this.page.getByTestId("file").setInputFiles({ name, mimeType, buffer });
  }

  /** Several photos at once, as from a folder. */
  async chooseAll(photos: readonly { name: string; buffer: Buffer }[]): Promise<void> {
    await this.page.getByTestId("file").setInputFiles(photos.map((photo) => ({ ...photo, mimeType: "image/jpeg" })));
  }

  /** Waits until the canvas has all these values in its data attributes. */
  async until(data: Record<string, string | number>, timeoutMs = longestMs): Promise<void> {
    const wanted = Object.entries(data).map(([key, value]) => `[data-${key}="${value}"]`);
    await this.page.locator(`#canvas${wanted.join("")}`).waitFor({ timeout: timeoutMs });
    // What stands beside the canvas comes with the next frame.
    await this.page.evaluate("new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))");
  }

  async data(key: string): Promise<string> {
    return (await this.page.getByTestId("canvas").getAttribute(`data-${key}`)) ?? "";
  }

  /** Waits until everything mode has at least so many masks over the picture. */
  async found(least: number): Promise<void> {
    const fewer = Array.from({ length: least }, (_, count) => `:not([data-found="${count}"])`).join("");
    await this.page.locator(`#canvas${fewer}`).waitFor();
  }

  async area(): Promise<number> {
    return Number(await this.data("mask-area"));
  }

  /** A place on the page, from shares of the picture. */
  async place({ x, y }: { x: number; y: number }): Promise<{ x: number; y: number }> {
    const box = await this.page.getByTestId("canvas").boundingBox();
    if (box === null) throw new Error("The canvas is not to be seen.");
    return { x: box.x + box.width * x, y: box.y + box.height * y };
  }

  async click(spot: { x: number; y: number }, button: "left" | "right" = "left"): Promise<void> {
    const { x, y } = await this.place(spot);
    await this.page.mouse.click(x, y, { button });
  }

  async drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
    const [start, end] = [await this.place(from), await this.place(to)];
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    await this.page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2);
    await this.page.mouse.move(end.x, end.y);
    await this.page.mouse.up();
  }

  async hover(spot: { x: number; y: number }): Promise<void> {
    const { x, y } = await this.place(spot);
    await this.page.mouse.move(x - 3, y);
    await this.page.mouse.move(x, y);
  }
}
