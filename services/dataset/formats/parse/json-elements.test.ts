import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonElements } from "./json-elements.js";

type Wanted = Parameters<typeof jsonElements>[1];

/** With chunks of some bytes each. */
async function elementsOf(text: string, wanted: Wanted, chunkBytes = 3) {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      // Whoever reads may use a chunk's memory again.
      const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
      yield chunk;
      chunk.fill(0x20);
    }
  }
  const all = [];
  for await (const element of jsonElements(chunks(), wanted)) all.push(element);
  return all;
}

describe("elements of JSON", () => {
  it("are those of any value, however it is written and cut into chunks", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          skipped: fc.jsonValue(),
          wanted: fc.array(fc.jsonValue()),
          value: fc.jsonValue(),
          "": fc.jsonValue(),
        }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        async (value, indent, chunkBytes) => {
          const text = JSON.stringify(value, undefined, indent);
          const elements = await elementsOf(text, { arrays: ["wanted"], values: ["value"] }, chunkBytes);
          const of = (key: string) => elements.filter((one) => one.key === key);
          expect(of("wanted").map((one) => JSON.parse(one.text ?? ""))).toEqual(
            JSON.parse(JSON.stringify(value.wanted)),
          );
          expect(of("wanted").map(({ index }) => index)).toEqual([...value.wanted.keys()]);
          expect(of("value").map((one) => JSON.parse(one.text ?? ""))).toEqual([
            JSON.parse(JSON.stringify(value.value)),
          ]);
          const root = JSON.stringify(value.wanted, undefined, indent);
          const ofRoot = await elementsOf(root, { arrays: [""] }, chunkBytes);
          expect(ofRoot.map((one) => JSON.parse(one.text ?? ""))).toEqual(JSON.parse(root));
        },
      ),
    ));

  it("tell the line that they begin in, and survive a mark at the file's start", async () => {
    const text = '\ufeff{\n"a": [\n  {"b":\n 1},\n\n  "two",3]}\n';
    expect(await elementsOf(text, { arrays: ["a"] })).toEqual([
      { key: "a", index: 0, line: 3, text: '{"b":\n 1}' },
      { key: "a", index: 1, line: 6, text: '"two"' },
      { key: "a", index: 2, line: 6, text: "3" },
    ]);
  });

  it("are passed over where they are too long, and the next one is there", async () => {
    const text = JSON.stringify({ a: ["x".repeat(100), [1, "]", 2].concat(new Array(50).fill(3)), { b: 1 }] });
    for (const chunkBytes of [1, 7, 1000]) {
      const elements = await elementsOf(text, { arrays: ["a"], maxBytes: 50 }, chunkBytes);
      expect(elements.map((one) => one.text)).toEqual([undefined, undefined, '{"b":1}']);
    }
  });

  it("are none in what looks like them within texts", async () => {
    const text = JSON.stringify({ note: '"a": [1, 2]', inner: { a: [3] }, a: ['\\"[', "}"] });
    const elements = await elementsOf(text, { arrays: ["a"] });
    expect(elements.map((one) => JSON.parse(one.text ?? ""))).toEqual(['\\"[', "}"]);
  });

  it.each(["", "  ", "hello", "5", "{", '{"a": [1, 2', '{"a": "text', "[1]]", "[1] [2]"])(
    "of %j end in a sentence",
    async (text) => {
      await expect(elementsOf(text, { arrays: ["a", ""] })).rejects.toThrow(/^The file .+\.$/);
    },
  );
});
