import { expect, it } from "vitest";
import { plainName } from "./plain-name.js";

it.each([
  ["a/b.jpg", "a/b.jpg"],
  ["/../a//./b.jpg", "a/b.jpg"],
  ["C:\\pictures\\b.jpg", "pictures/b.jpg"],
])("of %s is %s", (name, plain) => {
  expect(plainName(name)).toBe(plain);
});

it("keeps the longest name of a picture whole, in the folders of a format", () => {
  const name = `images/train/${"street/".repeat(142)}a.jpg`;
  expect(plainName(name)).toBe(name);
});
