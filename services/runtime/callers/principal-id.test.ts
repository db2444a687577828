import fc from "fast-check";
import { expect, it } from "vitest";
import { Code } from "../errors.js";
import { principalFromHeader, principalToHeader } from "./principal-id.js";

it("M1: whoever it is comes back the same, in what a header can carry", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }), (id) => {
      fc.pre(id.length <= 300);
      const header = principalToHeader(id);
      expect(header).toMatch(/^[\x21-\x7e]+$/);
      expect(principalFromHeader(header)).toBe(id);
    }),
  );
});

it.each(["", "%", "%ff", "a b", "a".repeat(301), "a,b"])("M1: takes nothing that no gateway writes (%j)", (text) => {
  expect(() => principalFromHeader(text)).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }));
});
