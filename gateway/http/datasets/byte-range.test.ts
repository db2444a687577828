import { expect, it } from "vitest";
import { byteRange } from "./byte-range.js";

it.each<[string | undefined, ReturnType<typeof byteRange>]>([
  [undefined, undefined],
  ["bytes=0-", { offset: 0, length: 100 }],
  ["bytes=0-0", { offset: 0, length: 1 }],
  ["bytes=10-19", { offset: 10, length: 10 }],
  ["bytes= 10 - 19", { offset: 10, length: 10 }],
  ["bytes=90-1000", { offset: 90, length: 10 }],
  ["bytes=-10", { offset: 90, length: 10 }],
  ["bytes=-1000", { offset: 0, length: 100 }],
  ["bytes=100-", "none"],
  ["bytes=99999999999999999999999-", "none"],
  ["bytes=-0", "none"],
  ["bytes=20-10", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,5-6", undefined],
  ["lines=0-1", undefined],
  ["", undefined],
])("M5: of 100 bytes %j is %j", (header, expected) => {
  expect(byteRange(header, 100)).toEqual(expected);
});

it("M5: nothing is no part of an empty file", () => {
  expect(byteRange("bytes=0-", 0)).toBe("none");
  expect(byteRange("bytes=-5", 0)).toBe("none");
});
