import { expect, it } from "vitest";
import { plainText } from "./plain-text.js";

it.each([
  ["a text", 10, "a text"],
  ["a text", 3, "a t"],
  ["no\0 NUL", 10, "no NUL"],
  ["half \ud83d of one", 20, "half \ufffd of one"],
  ["the other \ude00", 20, "the other \ufffd"],
  ["😀😀", 4, "😀😀"],
  ["😀😀", 3, "😀"],
  ["😀😀", 1, ""],
  ["", 1, ""],
])("%j in %i is %j", (text, most, plain) => {
  expect(plainText(text, most)).toBe(plain);
});
