import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { type ClientPage, scene, scenePhoto } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
let elsewhere: Server;
let host: string;

beforeAll(async () => {
  const photo = await scenePhoto(400);
  elsewhere = createServer((request, response) => {
    if (request.url === "/the%20scene.jpg") response.end(photo);
    else if (request.url === "/page.html") response.end("<p>No picture.</p>");
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  host = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});
afterAll(() => void elsewhere?.close());

async function openReady(url?: string): Promise<ClientPage> {
  const page = await stack.open(url);
  await page.until({ state: "ready" });
  return page;
}

/** Hands the page what another page or program would: by paste or by drop. */
function hand(page: ClientPage, kind: "paste" | "drop", data: Record<string, string>): Promise<void> {
  const init = kind === "paste" ? "clipboardData" : "dataTransfer";
  return page.page.evaluate(`{
    const transfer = new DataTransfer();
    for (const [type, text] of ${JSON.stringify(Object.entries(data))}) transfer.setData(type, text);
    const Kind = ${kind === "paste" ? "ClipboardEvent" : "DragEvent"};
    const event = new Kind("${kind}", { bubbles: true, cancelable: true, ${init}: transfer });
    document.body.dispatchEvent(event);
  }`);
}

const arrived = (page: ClientPage) => page.until({ state: "ready", "image-width": scene.width });
const notice = (page: ClientPage, text: string) => page.page.getByTestId("notice-text").getByText(text).waitFor();

describe("a picture by its URL", () => {
  it("comes from the dialog, by keyboard alone, and is worked on like any other", async () => {
    const page = await openReady();
    await page.page.getByTestId("address-open").focus();
    await page.page.keyboard.press("Enter");
    const field = page.page.getByTestId("address-field");
    await page.page.locator("#address-field:focus").waitFor();
    await page.page.keyboard.type("example");
    await page.page.keyboard.press("Enter");
    expect(await page.page.getByTestId("address-problem").textContent()).toBe("A URL begins with https:// or http://.");
    await field.fill(`${host}/the%20scene.jpg`);
    await page.page.keyboard.press("Enter");
    await arrived(page);
    expect(await page.page.getByTestId("address").isVisible()).toBe(false);
    await page.page.getByTitle("the scene.jpg", { exact: true }).waitFor();
    await page.click(scene.disc);
    await page.until({ "mask-look": "final", points: 1 });
    expect(Math.abs((await page.area()) / scene.disc.area - 1)).toBeLessThan(0.1);
  });

  it("comes by paste", async () => {
    const page = await openReady();
    await hand(page, "paste", { "text/plain": ` ${host}/the%20scene.jpg\n` });
    await arrived(page);
  });

  it("comes by a drop from another page, even out of a link", async () => {
    const page = await openReady();
    await hand(page, "drop", {
      "text/uri-list": `${host}/page.html`,
      "text/html": `<a href="${host}/page.html"><img src="${host}/the%20scene.jpg" onerror="alert(1)"></a>`,
    });
    await arrived(page);
  });

  it("says why when there is none, and keeps the picture before it", async () => {
    const page = await openReady();
    const before = await page.data("image-id");
    await hand(page, "paste", { "text/plain": `${host}/page.html` });
    await notice(page, "is not a JPEG, PNG, WebP, GIF, TIFF or AVIF picture.");
    await hand(page, "paste", { "text/plain": `${host}/gone.jpg` });
    await notice(page, "127.0.0.1 answered with HTTP 404.");
    await hand(page, "paste", { "text/plain": "http://localhost:1/a.jpg" });
    await notice(page, "Pictures may not be fetched from localhost here.");
    await hand(page, "paste", { "text/plain": "some words" });
    await notice(page, "There is no picture to paste.");
    expect(await page.data("image-id")).toBe(before);
  });
});

describe("a gateway that fetches none", () => {
  it("offers nothing, and a URL is answered with a sentence", async () => {
    const maskwire = await startMaskwire(tinyModelEnv());
    try {
      const page = await openReady(maskwire.url);
      expect(await page.page.getByTestId("address-open").isVisible()).toBe(false);
      const asked: string[] = [];
      page.page.on("request", (request) => asked.push(request.url()));
      await hand(page, "paste", { "text/plain": `${host}/the%20scene.jpg` });
      await notice(page, "Pictures are not fetched from other sites here.");
      expect(asked.filter((url) => url.includes("/v1/pictures"))).toEqual([]);
    } finally {
      await maskwire.stop();
    }
  });
});
