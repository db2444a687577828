import { describe, expect, it } from "vitest";
import { type Interleaved, storedRegion, turnUpright } from "./turn-upright.js";

/** The letters of a 3 x 2 picture as each orientation stores it (EXIF 2.32, 4.6.4: where row 0 and column 0 lie). */
const stored: Record<number, string[]> = {
  1: ["abc", "def"],
  2: ["cba", "fed"],
  3: ["fed", "cba"],
  4: ["def", "abc"],
  5: ["ad", "be", "cf"],
  6: ["cf", "be", "ad"],
  7: ["fc", "eb", "da"],
  8: ["da", "eb", "fc"],
};

/** A letter's pixel has its code, and the next numbers in its other channels. */
const pixels = (rows: string[], channels = 3): Interleaved => ({
  data: Uint8Array.from(
    [...rows.join("")].flatMap((letter) => Array.from({ length: channels }, (_, i) => letter.charCodeAt(0) + 30 * i)),
  ),
  width: rows[0]?.length ?? 0,
  height: rows.length,
  channels,
});
const rowsOf = ({ data, width, channels }: Interleaved) => {
  for (const [index, value] of data.entries()) {
    expect(value).toBe((data[index - (index % channels)] as number) + 30 * (index % channels));
  }
  const letters = [...data].filter((_, index) => index % channels === 0).map((code) => String.fromCharCode(code));
  return letters.join("").match(new RegExp(`.{${width}}`, "g"));
};

describe.each(Object.entries(stored))("orientation %s", (name, rows) => {
  const orientation = Number(name);

  it("is turned upright", () => {
    for (const channels of [3, 4]) {
      expect(rowsOf(turnUpright(pixels(rows, channels), orientation))).toEqual(["abc", "def"]);
    }
  });

  it("finds a part of the upright picture where it is stored", () => {
    const { x, y, width, height } = storedRegion({ x: 1, y: 0, width: 2, height: 1 }, orientation, 3, 2);
    const part = rows.slice(y, y + height).map((row) => row.slice(x, x + width));
    expect(rowsOf(turnUpright(pixels(part), orientation))).toEqual(["bc"]);
  });
});

it("leaves a picture of one row or column whole", () => {
  for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
    expect(turnUpright(pixels(["a"]), orientation).data).toEqual(pixels(["a"]).data);
    expect([...turnUpright(pixels(["ab"]), orientation).data].sort()).toEqual([...pixels(["ab"]).data].sort());
  }
});
