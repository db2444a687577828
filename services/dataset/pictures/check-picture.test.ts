import { describe, expect, it } from "vitest";
import { checkPictureName, checkSplit } from "./check-picture.js";

describe("a picture's name", () => {
  it.each(["a.png", "street/0001.jpg", "..a/b..", "\u{1f98a} x.png"])("may be %j", (name) => {
    expect(() => checkPictureName(name)).not.toThrow();
  });

  it.each([
    "",
    "/etc/passwd",
    "../a.png",
    "a/..",
    "a//b",
    "a/",
    "a/./b",
    "a\\b",
    "a\nb",
    "x".repeat(1001),
    "\u00e4".repeat(501),
  ])("is not %j", (name) => {
    expect(() => checkPictureName(name)).toThrow(/^A picture/);
  });
});

it("a split is a word or a line", () => {
  for (const split of ["", "train", "hard ones"]) expect(() => checkSplit(split)).not.toThrow();
  for (const split of ["a\nb", "x".repeat(101)]) expect(() => checkSplit(split)).toThrow(/^A split is one word/);
});
