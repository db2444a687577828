import fc from "fast-check";
import { expect, it } from "vitest";
import { LongStrings } from "./long-strings.js";

/** @returns the text that is left, and what was cut out. */
function cut(text: string, leastBytes: number, sizes: readonly number[], isTaken = true) {
  const taken: string[] = [];
  let rest = "";
  const strings = new LongStrings(leastBytes, {
    rest: (bytes) => {
      rest += Buffer.from(bytes).toString("latin1");
    },
    begin: () => {
      if (!isTaken) return undefined;
      let all = "";
      return {
        place: `#${taken.length}`,
        piece: (bytes) => {
          all += Buffer.from(bytes).toString("latin1");
        },
        end: () => void taken.push(all),
      };
    },
  });
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    strings.write(bytes.subarray(at, at + size));
    at += size;
  }
  return { rest: Buffer.from(rest, "latin1").toString("utf8"), taken };
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

it("X2: long strings are cut out of any JSON, wherever its pieces end, and everything else is as it was", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), sizes, fc.integer({ min: 1, max: 12 }), (text, pieces, least) => {
      const { rest, taken } = cut(text, least, pieces);
      const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, one = ""]) => one);
      const long = strings.filter((one) => Buffer.byteLength(one) >= least);
      expect(taken.map((one) => Buffer.from(one, "latin1").toString("utf8"))).toEqual(long);
      let at = 0;
      const expected = text.replace(/"((?:[^"\\]|\\.)*)"/gs, (all, one: string) =>
        Buffer.byteLength(one) >= least ? `"#${at++}"` : all,
      );
      expect(rest).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

it("leaves a long string where it is that is no file", () => {
  fc.assert(
    fc.property(fc.json(), sizes, (text, pieces) => {
      expect(cut(text, 3, pieces, false)).toEqual({ rest: text, taken: [] });
    }),
  );
});
