import { create, type DescMessage, toJson, toJsonString } from "@bufbuild/protobuf";
import { randomInit } from "../../../services/runtime/testing/random-message.js";
import type { Random } from "../../simulation/random.js";
import { mutateBytes, pick } from "./mutate-bytes.js";

/** Values that JSON can carry and few expect. */
const oddValues: readonly unknown[] = [
  null,
  true,
  "",
  "\u0000",
  "\ud800",
  "💥".repeat(50),
  -0,
  1e308,
  -1,
  2 ** 53,
  0.1,
  [],
  {},
  [[]],
  "NaN",
  "Infinity",
  "1e9999",
  "2147483648",
  "__proto__",
  "data:,x",
  "x".repeat(5000),
  Array(300).fill(0),
  { toString: 1, constructor: null },
];

/** Text that is a message in JSON, nearly one, or none. */
export function oddJson(schema: DescMessage, random: Random): string {
  const message = create(
    schema,
    randomInit(schema, (below) => random.below(below)),
  );
  switch (random.below(9)) {
    case 0:
      return toJsonString(schema, message);
    case 1:
    case 2:
      return JSON.stringify(withOddValue(toJson(schema, message), random));
    case 3:
      return deep(random);
    case 4:
      return repeated(toJsonString(schema, message), random);
    case 5:
      return numbers(random);
    case 6:
      return pick(random, [
        "",
        "null",
        "[]",
        "0",
        '"a"',
        "{",
        "}",
        "{}{}",
        '{"frame":1}',
        "\ufeff{}",
        "{'a':1}",
        "// x\n{}",
      ]);
    default:
      return Buffer.from(mutateBytes(Buffer.from(toJsonString(schema, message)), random)).toString("utf8");
  }
}

/** One value somewhere in it is another, or one more has an odd name. */
function withOddValue(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 || random.below(3) === 0) return [...value, pick(random, oddValues)];
    const at = random.below(value.length);
    return value.map((one, index) => (index === at ? withOddValue(one, random) : one));
  }
  if (typeof value !== "object" || value === null || random.below(5) === 0) return pick(random, oddValues);
  const names = Object.keys(value);
  const name =
    names.length === 0 || random.below(4) === 0
      ? pick(random, ["__proto__", "constructor", "", "x".repeat(3000), "\u0000"])
      : pick(random, names);
  // Not an assignment: "__proto__" shall be a name like any other.
  return Object.fromEntries([
    ...Object.entries(value),
    [name, withOddValue((value as Record<string, unknown>)[name], random)],
  ]);
}

function deep(random: Random): string {
  const depth = pick(random, [100, 5000, 100_000]);
  const [open, close] = pick(random, [
    ["[", "]"],
    ['{"segment":', "}"],
    ['{"segment":{"prompt":', "}}"],
  ] as const);
  return open.repeat(depth) + (random.below(2) === 0 ? `0${close.repeat(depth)}` : "");
}

/** The same name twice, many times over. */
function repeated(text: string, random: Random): string {
  const inner = text.slice(1, -1);
  return inner === ""
    ? `{${'"segment":{},'.repeat(50)}"segment":{}}`
    : `{${Array(2 + random.below(50))
        .fill(inner)
        .join()}}`;
}

function numbers(random: Random): string {
  const number = pick(random, [
    "1e400",
    "-1e400",
    "9".repeat(2000),
    `0.${"3".repeat(3000)}`,
    "1e-400",
    "0x10",
    "01",
    "+1",
    "1_0",
    "NaN",
  ]);
  return `{"segment":{"sequence":${number},"prompt":{"points":[{"x":${number},"y":${number}}]}}}`;
}
