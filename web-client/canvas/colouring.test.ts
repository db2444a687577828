import { describe, expect, it } from "vitest";
import { rectangle } from "../state/testing/fixtures.js";
import { Colouring, colours } from "./colouring.js";

describe("Colouring", () => {
  it("gives neighbours different colours", () => {
    const found = Array.from({ length: colours.length }, (_, at) => rectangle(at + 1, 3 * at, 5, 3, 10));
    const colouring = new Colouring();
    expect(new Set(found.map((annotation) => colouring.colourOf(annotation, found))).size).toBeGreaterThan(9);
  });

  it("sets a mask apart from the one that it lies on, however many lie beside it", () => {
    const ground = rectangle(1, 0, 0, 40, 20);
    const found = [ground, ...Array.from({ length: 18 }, (_, at) => rectangle(at + 2, 2 * at, 5, 2, 8))];
    const colouring = new Colouring();
    const [groundColour, ...others] = found.map((annotation) => colouring.colourOf(annotation, found));
    expect(others).not.toContain(groundColour);
  });

  it("changes no colour later, and hands it on to a better mask of the same object", () => {
    const [first, other, better] = [
      rectangle(1, 2, 2, 10, 10),
      rectangle(2, 20, 2, 10, 10),
      rectangle(3, 2, 2, 10, 11),
    ];
    const colouring = new Colouring();
    const colour = colouring.colourOf(first, [first]);
    colouring.colourOf(other, [first, other]);
    expect(colouring.colourOf(first, [first, other])).toBe(colour);
    expect(colouring.colourOf(better, [other, better])).toBe(colour);
  });
});
