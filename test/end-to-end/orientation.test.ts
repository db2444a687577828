import { describe, expect, it } from "vitest";
import { openImage } from "../../services/encoder/images/sharp.js";
import { turning } from "../../web-client/upright/decode-upright.js";
import { orientationNote } from "../../web-client/upright/orientation-note.js";
import { notedPictures } from "../support/noted-pictures.js";
import { drawScene, oriented } from "../support/pictures.js";

/** What the service turns the picture by. */
const serviceTurnsBy = async (bytes: Buffer) => (await openImage(bytes).metadata()).orientation ?? 1;

describe("page and service turn a picture the same way", () => {
  it("reads every note as the service does", async () => {
    const wrong: string[] = [];
    for (const { name, bytes } of await notedPictures()) {
      const [here, there] = [orientationNote(bytes)?.orientation ?? 1, await serviceTurnsBy(bytes)];
      if (here !== there) wrong.push(`${name}: ${here} here, ${there} there`);
    }
    expect(wrong).toEqual([]);
  });

  it("hides the note from a browser, and leaves the picture", async () => {
    for (const { name, bytes } of await notedPictures()) {
      const note = orientationNote(bytes);
      if (note === undefined) continue;
      let hidden = bytes;
      for (const { at, length, by } of note.hiding.toReversed()) {
        hidden = Buffer.concat([hidden.subarray(0, at), Buffer.from(by), hidden.subarray(at + length)]);
      }
      expect(await serviceTurnsBy(hidden), name).toBe(1);
      const stored = (file: Buffer) => openImage(file).raw().toBuffer();
      expect((await stored(hidden)).equals(await stored(bytes)), name).toBe(true);
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("turns by %i to the same pixels", async (orientation) => {
    const upright = drawScene(40, 24);
    const file = await oriented(upright, orientation).webp({ lossless: true }).toBuffer();
    const { data, info } = await openImage(file).raw().toBuffer({ resolveWithObject: true });
    const [a, b, c, d, e, f] = turning(orientation, info.width, info.height);
    const turned = new Uint8Array(upright.pixels.length);
    for (let y = 0; y < info.height; y++) {
      for (let x = 0; x < info.width; x++) {
        // The middle of a stored pixel comes to the middle of an upright one.
        const [px, py] = [x + 0.5, y + 0.5];
        const [column, row] = [Math.floor(a * px + c * py + e), Math.floor(b * px + d * py + f)];
        const from = info.channels * (y * info.width + x);
        turned.set(data.subarray(from, from + 3), 3 * (row * upright.width + column));
      }
    }
    expect(Buffer.from(turned).equals(Buffer.from(upright.pixels))).toBe(true);
  });
});
