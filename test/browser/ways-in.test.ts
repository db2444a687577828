import { describe, expect, it } from "vitest";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

async function openPage(options = {}): Promise<ClientPage> {
  const page = await stack.open(undefined, options);
  await page.until({ state: "ready" });
  return page;
}

/** Hands the page files as another program would: by paste, or by a drag over it that ends in a drop. */
function hand(page: ClientPage, kind: "paste" | "drop", files: { name: string; type: string; bytes: Buffer }[]) {
  const given = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString("base64") }));
  return page.page.evaluate(`{
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of ${JSON.stringify(given)}) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    const send = (type, Kind, data) =>
      document.body.dispatchEvent(new Kind(type, { bubbles: true, cancelable: true, ...data }));
    if (${kind === "paste"}) send("paste", ClipboardEvent, { clipboardData: transfer });
    else for (const type of ["dragenter", "dragover", "drop"]) send(type, DragEvent, { dataTransfer: transfer });
  }`);
}

const jpeg = (name = "photo.jpg") => ({ name, type: "image/jpeg", bytes: stack.photo });
const arrived = (page: ClientPage) => page.until({ state: "ready", "image-width": scene.width });
const notice = (page: ClientPage, text: string) => page.page.getByTestId("notice-text").getByText(text).waitFor();

async function findsTheDisc(page: ClientPage): Promise<void> {
  await page.click(scene.disc);
  await page.until({ "mask-look": "final", points: 1 });
  expect(Math.abs((await page.area()) / scene.disc.area - 1)).toBeLessThan(0.1);
}

describe("a photo", () => {
  it("comes by drop, several at once into the strip", async () => {
    const page = await openPage();
    await hand(page, "drop", [jpeg("first.jpg"), jpeg("second.jpg")]);
    await arrived(page);
    for (const name of ["first.jpg", "second.jpg"]) await page.page.getByTitle(name, { exact: true }).waitFor();
    await findsTheDisc(page);
    expect(await page.page.getByTestId("stage").getAttribute("data-drop")).toBe("false");
  });

  it("comes by paste, and is named when it has no name", async () => {
    const page = await openPage();
    await hand(page, "paste", [jpeg("")]);
    await arrived(page);
    await page.page.getByTitle("Pasted picture", { exact: true }).waitFor();
    await findsTheDisc(page);
  });

  it("comes from a phone's camera, which a desk does not offer", async () => {
    const desk = await openPage();
    expect(await desk.page.getByTestId("camera").isVisible()).toBe(false);
    const page = await openPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const [chooser] = await Promise.all([page.page.waitForEvent("filechooser"), page.page.getByTestId("camera").tap()]);
    // What makes a phone open its camera, the one that looks at the world.
    expect(await chooser.element().getAttribute("capture")).toBe("environment");
    await chooser.setFiles({ name: "IMG_0001.jpg", mimeType: "image/jpeg", buffer: stack.photo });
    await arrived(page);
  });

  it("is asked for in a sentence when what came is none, and the one before stays", async () => {
    const page = await openPage();
    const before = await page.data("image-id");
    await hand(page, "drop", [{ name: "notes.txt", type: "text/plain", bytes: Buffer.from("notes") }]);
    await notice(page, "That was no picture.");
    await hand(page, "paste", []);
    await notice(page, "There is no picture to paste.");
    expect(await page.data("image-id")).toBe(before);
  });
});
