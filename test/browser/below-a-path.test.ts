import { afterAll, beforeAll, expect, it } from "vitest";
import { PrefixProxy } from "../support/prefix-proxy.js";
import { bytesOf, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
let proxy: PrefixProxy;
beforeAll(async () => {
  proxy = await PrefixProxy.before(stack.maskwire.url, "/tools/maskwire");
});
afterAll(() => proxy?.[Symbol.asyncDispose]());

it("does all that it does, asking for nothing beside it", async () => {
  const page = await stack.open(proxy.url);
  const failed: string[] = [];
  page.page.on("response", (answer) => {
    // Whether the service has a picture is asked before it is sent.
    const isLookup = answer.status() === 404 && /v1\/images\/sha256:\w+$/.test(answer.url());
    if (answer.status() >= 400 && !isLookup) failed.push(`${answer.status()} ${answer.url()}`);
  });
  // The samples, whose first comes onto the canvas; their thumbnails, the styles.
  await page.until({ state: "ready" });
  const looks = await page.page.evaluate(`[
    ...[...document.images].map((image) => [image.currentSrc, image.naturalWidth > 0]),
    ["styles", getComputedStyle(document.querySelector(".panel")).display !== "inline"],
    ["styled", document.styleSheets.length > 0 && document.styleSheets[0].cssRules.length > 0],
  ]`);
  expect((looks as [string, boolean][]).filter(([, isThere]) => !isThere)).toEqual([]);
  // An upload of what no other file shows, the WebSocket, the worker that makes files.
  await page.choose(await scenePhoto(9));
  await page.until({ state: "ready", "image-width": scene.width });
  await page.click(scene.disc);
  await page.until({ "mask-look": "final", points: 1, waiting: 0 });
  await page.page.getByTestId("take-format").selectOption("cutout");
  const [download] = await Promise.all([page.page.waitForEvent("download"), page.page.getByTestId("take-one").click()]);
  expect((await bytesOf(download)).subarray(1, 4).toString()).toBe("PNG");
  // The worker that decodes, its graphs, the embedding and the compiled code.
  await page.page.getByTestId("decoding").selectOption("here");
  await page.page.locator('#decoding[data-place="here"]').waitFor();
  await page.click(scene.plate);
  await page.until({ "mask-look": "final", points: 2, waiting: 0 });
  expect(failed).toEqual([]);
  expect(proxy.strays).toEqual([]);
});

it("keeps its work apart from another's on the same origin", async () => {
  await using other = await PrefixProxy.before(stack.maskwire.url, "/other");
  const page = await stack.open(other.url);
  // Once the page says so, there is nothing more to wait for.
  await page.page.locator('#saved[data-status="saved"]').waitFor();
  const names = "indexedDB.databases().then((all) => all.map(({ name }) => name))";
  expect(await page.page.evaluate(names)).toEqual(["maskwire:/other/"]);
});
