import { expect, it } from "vitest";
import type { Found } from "../../formats/types.js";
import { batches } from "./batches.js";

const size = { pictures: 2, objects: 3, problems: 2, characters: 100 };
const picture = (name: string): Found => ({ kind: "picture", name, attributes: {} });
const problem = (reason: string): Found => ({ kind: "problem", file: "a.json", line: 1, reason });
const object = (counts: string, attributes = {}): Found => ({
  kind: "object",
  picture: "a",
  rle: { size: [1, 1], counts },
  attributes,
  file: "a.json",
  sourceId: "1",
});

it.each<[string, Found[], number[]]>([
  ["are none of nothing", [], []],
  ["end by pictures", [picture("a"), picture("b"), picture("c")], [2, 1]],
  ["end by objects", [picture("a"), object("0"), object("0"), object("0"), object("0")], [4, 1]],
  ["end by problems", [problem("a"), problem("b"), problem("c")], [2, 1]],
  ["end by masks", [object("0".repeat(99)), object("0"), object("0"), object("0")], [2, 2]],
  ["end by attributes", [object("0", { a: "b".repeat(98) }), object("0")], [1, 1]],
  ["end by what problems say", [problem("p".repeat(100)), problem("p")], [1, 1]],
])("batches %s", async (_name, all, lengths) => {
  const found: number[] = [];
  async function* each() {
    yield* all;
  }
  for await (const one of batches(each(), size)) {
    found.push(one.pictures.length + one.objects.length + one.problems.length);
  }
  expect(found).toEqual(lengths);
});
