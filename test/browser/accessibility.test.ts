import { describe, expect, it } from "vitest";
import { violationsOf } from "./axe.js";
import type { ClientPage } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const violations = ({ page }: ClientPage) => violationsOf(page);

const looks = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  { name: "phone, Chinese", options: { viewport: { width: 320, height: 640 }, locale: "zh-CN", hasTouch: true } },
] as const;

describe("for everyone", () => {
  for (const { name, options } of looks) {
    it(`has nothing that axe-core objects to, from the first sight to everything mode: ${name}`, async () => {
      const page = await stack.open(stack.maskwire.url, options);
      await page.until({ state: "ready" });
      expect(await violations(page)).toEqual([]);
      await page.click({ x: 0.5, y: 0.5 });
      await page.until({ "mask-look": "final" });
      expect(await violations(page)).toEqual([]);
      await page.page.getByTestId("everything-begin").click();
      await page.found(2);
      expect(await violations(page)).toEqual([]);
    });
  }

  it("lists every key under the question mark, and gives the focus back", async () => {
    const page = await stack.open();
    await page.until({ state: "ready" });
    await page.page.getByTestId("canvas").focus();
    await page.page.keyboard.press("?");
    await page.page.getByTestId("help").getByText("include what is under the cursor").waitFor();
    expect(await violations(page)).toEqual([]);
    // The keys belong to the list as long as it is open.
    await page.page.keyboard.press("e");
    await page.page.keyboard.press("Escape");
    await page.page.getByTestId("help").waitFor({ state: "hidden" });
    expect(await page.data("everything")).toBe("off");
    expect(await page.page.evaluate("document.activeElement.id")).toBe("canvas");
  });

  it("says that the network is gone, keeps the click that is made then, and answers it later", async () => {
    const page = await stack.open();
    await page.until({ state: "ready", connection: "open" });
    await page.page.context().setOffline(true);
    await page.page.getByTestId("notice-text").getByText("You are offline.").waitFor();
    await page.click({ x: 0.5, y: 0.5 });
    await page.page.getByTestId("notice-text").getByText("Your clicks are kept.").waitFor();
    await page.page.context().setOffline(false);
    await page.until({ "mask-look": "final", points: 1 });
  });

  it("folds the latency away", async () => {
    const page = await stack.open();
    await page.until({ state: "ready" });
    await page.page.getByTestId("latency-card").locator("summary").click();
    expect(await page.page.getByTestId("latency-card").getAttribute("open")).toBeNull();
  });
});
