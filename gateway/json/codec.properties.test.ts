import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as contract from "../../proto/index.js";
import { codecOf, MessageError } from "../../services/runtime/grpc/codec.js";
import { drawFrom, randomInit } from "../../services/runtime/testing/random-message.js";

/** Every message that crosses a port. */
const methods = [contract.EncoderService, contract.DecoderService, contract.DatasetService].flatMap(
  (service) => service.methods,
);
const schemas = [
  ...new Set<DescMessage>([
    ...methods.flatMap(({ input, output }) => [input, output]),
    contract.ClientFrameSchema,
    contract.ServerFrameSchema,
  ]),
];

const messages = (schema: DescMessage) =>
  fc.nat().map((seed) => create(schema, randomInit(schema, drawFrom(seed)) as never));

describe.each(schemas.map((schema) => [schema.typeName, schema] as const))("%s", (_name, schema) => {
  const codec = codecOf(schema);

  it("is written and read as the library does", () => {
    fc.assert(
      fc.property(messages(schema), (message) => {
        const bytes = codec.encode(message);
        expect(Buffer.compare(bytes, toBinary(schema, message))).toBe(0);
        expect(codec.decode(bytes)).toStrictEqual(fromBinary(schema, bytes));
      }),
      { numRuns: 30 },
    );
  });

  it("is read from any bytes as the library does, groups aside, which refuses what is none with an error and nothing else", () => {
    const changed = fc
      .tuple(messages(schema), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
      .map(([message, changes, length]) => {
        const bytes = toBinary(schema, message);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return length % 3 === 0 ? bytes.subarray(0, length % (bytes.length + 1)) : bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => {
        const ours = attempt(() => codec.decode(bytes));
        const library = attempt(() => fromBinary(schema, bytes));
        // A field that nobody knows may be a group: the library passes over it.
        if ("error" in ours && isGroups(ours.error)) return;
        // A list that is longer than any may be was not read to its end, where the library may find more that is wrong, or go on
        // beyond it.
        if ("value" in ours && isCut(ours.value)) return;
        if ("value" in library && isCut(library.value)) return;
        expect("error" in ours).toBe("error" in library);
        if ("error" in ours) expect(ours.error).toBeInstanceOf(Error);
        else if ("value" in library) expect(known(ours.value)).toStrictEqual(known(library.value));
      }),
      { numRuns: 100 },
    );
  });
});

function attempt<T>(run: () => T): { value: T } | { error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

const isGroups = (error: unknown) => error instanceof MessageError && error.message.includes("groups");

/** Whether it has a list with one more than the limit, which shows that there were more. */
function isCut(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isCut);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  const { $typeName } = value as { $typeName?: string };
  return Object.entries(value).some(
    ([name, field]) =>
      (Array.isArray(field) &&
        field.length > (contract.listLimits[`${$typeName}.${name}`] ?? Number.POSITIVE_INFINITY)) ||
      isCut(field),
  );
}

/** Without what another release's fields have left behind. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const fields = Object.entries(value).filter(([name]) => name !== "$unknown");
  return Object.fromEntries(fields.map(([name, field]) => [name, known(field)]));
}
