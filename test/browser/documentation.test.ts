import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { pages } from "../../web-client/docs/build/contents.js";
import { PrefixProxy } from "../support/prefix-proxy.js";
import { violationsOf } from "./axe.js";
import { joinBrowser } from "./chromium.js";

/** The documentation as a gateway serves it, behind a proxy that has it below a path. */
describe("H25: the documentation", () => {
  let browser: Awaited<ReturnType<typeof joinBrowser>>;
  let proxy: PrefixProxy;
  beforeAll(async () => {
    browser = await joinBrowser(inject("browser"));
    proxy = await PrefixProxy.before(inject("tinyMaskwire").url, "/tools/maskwire");
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.[Symbol.asyncDispose]();
  });

  /** A page of it, for as long as a test looks at it; nothing may go wrong on it, and nothing may be fetched beside it. */
  async function look(name: string, options: BrowserContextOptions, at: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    const complaints: string[] = [];
    const page = await context.newPage();
    const place = `${proxy.url}/docs/`.replace(/([^:])\/\//g, "$1/");
    page.on("console", (message) => {
      // What is lost is answered so.
      if (!/status of 404/.test(message.text())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(place)) complaints.push(request.url());
    });
    try {
      await page.goto(`${place}${name}`);
      await at(page);
      expect(complaints).toEqual([]);
      expect(proxy.strays).toEqual([]);
    } finally {
      await context.close();
    }
  }

  it("is searched on this device, by keyboard alone", async () => {
    await look("", {}, async (page) => {
      await page.keyboard.press("/");
      await page.keyboard.type("shared cache");
      await page.locator("#found a").first().waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/cache.html*");
      // A sentence that somebody was shown, and a setting.
      const finds = async (query: string, place: string) => {
        await page.getByLabel("Search the documentation").fill(query);
        await expect.poll(() => page.locator("#found").innerText()).toContain(place);
      };
      await finds("This key is not known here", "Troubleshooting › It wants to know who you are");
      await finds("MASKWIRE_CACHE_TTL_MS", "Settings › Cache");
      // From a result too, which gives the focus back to the field.
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Escape");
      await page.locator("#found").waitFor({ state: "hidden" });
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))");
      expect(await page.locator("#found").isHidden()).toBe(true);
      await page.getByLabel("Search the documentation").fill("xyzzyq");
      await page.getByRole("status").getByText("Nothing has").waitFor();
    });
  });

  it.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["a phone", { viewport: { width: 320, height: 640 }, hasTouch: true }],
  ] as const)("has nothing that axe-core objects to: %s", async (_look, options) => {
    for (const name of ["concepts.html", "settings.html", "http.html", "nothing/at/all"]) {
      await look(name, options, async (page) => {
        expect(await violationsOf(page)).toEqual([]);
        if (name !== "http.html") return;
        await page.getByLabel("Search the documentation").fill("upload");
        await page.locator("#found a").first().waitFor();
        expect(await violationsOf(page)).toEqual([]);
      });
    }
  });

  it("is as wide as a phone, page by page, with its contents behind a button", async () => {
    await look("index.html", { viewport: { width: 320, height: 640 } }, async (page) => {
      const wide: string[] = [];
      for (const { name } of pages) {
        await page.goto(new URL(`${name}.html`, page.url()).href);
        if (Number(await page.evaluate("document.documentElement.scrollWidth")) > 320) wide.push(name);
      }
      expect(wide).toEqual([]);
      const contents = page.getByRole("navigation", { name: "Contents" });
      await contents.waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Contents" }).click();
      await contents.getByRole("link", { name: "Prompts and masks" }).click();
      await page.getByRole("heading", { name: "Prompts and masks", level: 1 }).waitFor();
    });
  });

  it("is whole without its script", async () => {
    await look("index.html", { javaScriptEnabled: false, viewport: { width: 320, height: 640 } }, async (page) => {
      await page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "Videos" }).click();
      await page.getByRole("heading", { name: "Videos", level: 1 }).waitFor();
    });
  });
});
