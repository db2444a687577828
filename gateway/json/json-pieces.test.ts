import fc from "fast-check";
import { expect, it } from "vitest";
import { JsonPieces } from "./json-pieces.js";

const textOf = ({ pieces }: JsonPieces) => Buffer.concat(pieces).toString();

it("is the JSON that it would be otherwise, however much of it was written before", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.json(), fc.boolean())), (fields) => {
      const unique = [...new Map(fields.map(([name, text, isWritten]) => [name, { text, isWritten }]))];
      const given = unique.map(([name, { text, isWritten }]): [string, unknown] => {
        const value: unknown = JSON.parse(text);
        return [name, isWritten ? JsonPieces.of(value) : value];
      });
      const written = JsonPieces.object(given);
      const read = new Map(Object.entries(JSON.parse(textOf(written)) as object));
      expect(read).toEqual(new Map(unique.map(([name, { text }]) => [name, JSON.parse(text)])));
      expect(written.bytes).toBe(Buffer.byteLength(textOf(written)));
    }),
  );
});

it("has objects within each other", () => {
  const inner = JsonPieces.object([["masks", JsonPieces.of([1, "ä"])]]);
  expect(textOf(JsonPieces.object([["7", inner]]))).toBe('{"7":{"masks":[1,"ä"]}}');
  expect(textOf(JsonPieces.object([]))).toBe("{}");
});
