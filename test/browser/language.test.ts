import { describe, expect, it } from "vitest";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

describe("the page's language", () => {
  it("is the browser's where the page speaks it, down to what a screen reader hears", async () => {
    const page = await stack.open(stack.maskwire.url, { locale: "zh-CN" });
    await page.until({ state: "ready" });
    expect(await page.page.locator("html").getAttribute("lang")).toBe("zh");
    await page.click({ x: 0.5, y: 0.5 });
    await page.until({ "mask-look": "final" });
    expect(await page.page.getByTestId("announcement").textContent()).toMatch(/^找到物体/);
    const left = await page.page.locator("body").innerText();
    const english =
      left
        .replace(/Maskwire|English|RLE|COCO|SA-1B|JSON|SVG|PNG|ZIP|Enter|Esc|px|[A-Z]\b|Ctrl/g, "")
        .match(/[A-Za-z]{3,}/g) ?? [];
    // The samples go by the names that their maker gave them.
    expect(english).toEqual([]);
  });

  it("is another one when a person chooses it, and stays so", async () => {
    const page = await stack.open();
    await page.until({ state: "ready" });
    await page.page.getByTestId("language").selectOption("zh");
    await page.page.getByText("查找所有物体").waitFor();
    await page.page.reload();
    await page.page.getByText("查找所有物体").waitFor();
  });
});
