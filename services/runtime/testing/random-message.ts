import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { listLimits } from "../../../proto/index.js";

/** Draws a whole number from 0 to `below`, excluded. */
type Draw = (below: number) => number;

/** Numerical Recipes' linear congruential generator: the same messages in every run. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What a caller may give for a message: any fields, zeros and nothing at all among them. */
export function randomInit(desc: DescMessage, draw: Draw, depth = 3): Record<string, unknown> {
  const init: Record<string, unknown> = {};
  for (const member of desc.members) {
    if (draw(4) === 0) continue;
    if (member.kind === "oneof") {
      const field = member.fields[draw(member.fields.length)] as DescField;
      if (field.message && depth === 0) continue;
      init[member.localName] = { case: field.localName, value: valueFor(field, draw, depth) };
    } else if (member.fieldKind === "list") {
      // What is over a limit is not kept when it is read again.
      const limit = Math.min(4, listLimits[`${desc.typeName}.${member.name}`] ?? 4);
      const most = member.message && depth === 0 ? 0 : limit;
      init[member.localName] = Array.from({ length: draw(most + 1) }, () => valueFor(member, draw, depth));
    } else if (member.fieldKind === "map") {
      const keys = ["", "a", "ünï – 漢字 🦄", "constructor"].slice(0, draw(5));
      init[member.localName] = Object.fromEntries(keys.map((key) => [key, ["", "b", "x".repeat(draw(400))][draw(3)]]));
    } else if (!member.message || depth > 0) {
      init[member.localName] = valueFor(member, draw, depth);
    }
  }
  return init;
}

function valueFor(field: DescField, draw: Draw, depth: number): unknown {
  if (field.message) return randomInit(field.message, draw, depth - 1);
  if (field.enum) return draw(5) === 0 ? 77 : (field.enum.values[draw(field.enum.values.length)]?.number ?? 0);
  switch (field.scalar) {
    case ScalarType.BOOL:
      return draw(2) === 1;
    case ScalarType.STRING:
      return ["", "a", "ünï – 漢字 🦄", "x".repeat(draw(400))][draw(4)];
    case ScalarType.BYTES:
      return Uint8Array.from({ length: draw(200) }, () => draw(256));
    case ScalarType.FLOAT:
      return [0, -0, 0.5, -1e30, Number.NaN, Number.POSITIVE_INFINITY][draw(6)];
    case ScalarType.DOUBLE:
      return [0, -0, 1 / 3, -1e300, Number.NaN, Number.NEGATIVE_INFINITY][draw(6)];
    case ScalarType.INT64:
      return [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(draw(2 ** 20))][draw(6)];
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return [0n, 1n, 127n, 128n, 2n ** 64n - 1n, BigInt(draw(2 ** 20))][draw(6)];
    case ScalarType.INT32:
      return [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), draw(2 ** 20)][draw(6)];
    default:
      return [0, 1, 127, 128, 2 ** 32 - 1, draw(2 ** 20)][draw(6)];
  }
}
