import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  create,
  type DescFile,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../proto/index.js";
import { drawFrom, randomInit } from "../../services/runtime/testing/random-message.js";
import * as small from "../../web-client/sdk/codec/codec.js";
import type { Table } from "../../web-client/sdk/codec/table.js";
import { isKnown, writeTables } from "../../web-client/sdk/codec/write-tables.js";

/** Every file of the contract, and so every message. */
const files = Object.values(contract).filter(
  (one): one is DescFile => typeof one === "object" && "kind" in one && one.kind === "file",
);
const schemas = files.flatMap(({ messages }) => messages).filter((message) => isKnown(message));

/** Messages of other releases and other languages leave fields behind; a table keeps none of these. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => name !== "$unknown" && field !== undefined)
      .map(([name, field]) => [name, known(field)]),
  );
}

describe("the package's codec", () => {
  let folder: string;
  const tables = new Map<string, Table>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-tables-"));
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    const pathOf = ({ name }: DescFile) => join(folder, `${name.replace("maskwire/v1/", "")}_pb.js`);
    for (const file of files) await writeFile(pathOf(file), writeTables(file));
    for (const file of files) {
      const made = (await import(pathToFileURL(pathOf(file)).href)) as Record<string, Table>;
      for (const { name, typeName } of file.messages)
        if (made[`${name}Schema`]) tables.set(typeName, made[`${name}Schema`] as Table);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const tableOf = ({ typeName }: DescMessage) => tables.get(typeName) as Table;
  const inits = (schema: DescMessage) => fc.nat().map((seed) => randomInit(schema, drawFrom(seed)));

  it("knows what sessions and uploads carry", () => {
    expect(schemas.length).toBeGreaterThan(50);
    for (const { typeName } of [contract.ClientFrameSchema, contract.ServerFrameSchema, contract.EncodeEventSchema]) {
      expect(tables.has(typeName)).toBe(true);
    }
  });

  it.each(schemas.map((schema) => [schema.typeName, schema] as const))(
    "makes, writes and reads %s as the library does",
    (_, schema) => {
      fc.assert(
        fc.property(inits(schema), inits(schema), (init, more) => {
          const message = create(schema, init as never);
          const made = small.create(tableOf(schema), init);
          expect(known(made)).toEqual(known(message));
          const bytes = toBinary(schema, message);
          expect(Buffer.compare(small.toBinary(tableOf(schema), made), bytes)).toBe(0);
          // One after the other is one message, merged.
          const both = Buffer.concat([bytes, toBinary(schema, create(schema, more as never))]);
          expect(known(small.fromBinary(tableOf(schema), both))).toEqual(known(fromBinary(schema, both)));
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(schemas.map((schema) => [schema.typeName, schema] as const))(
    "reads JSON of %s as the library does",
    (_, schema) => {
      fc.assert(
        fc.property(inits(schema), (init) => {
          const json = toJson(schema, create(schema, init as never)) as JsonValue;
          const options = { ignoreUnknownFields: true };
          expect(known(small.fromJson(tableOf(schema), json))).toEqual(known(fromJson(schema, json, options)));
        }),
        { numRuns: 40 },
      );
    },
  );

  it("ends with an error where bytes are no message", () => {
    const table = tableOf(contract.ServerFrameSchema);
    for (const bytes of [
      [0x0a],
      [0x0a, 0x05, 0x01],
      [0x0b],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]) {
      expect(() => small.fromBinary(table, Uint8Array.from(bytes))).toThrow(Error);
    }
  });

  it("refuses JSON of another form, and passes over what it does not know", () => {
    const table = tableOf(contract.EncodeEventSchema);
    for (const json of [7, [], null, { queued: 7 }, { queued: { position: "x" } }, { ready: { cached: "no" } }]) {
      const read = () => small.fromJson(table, json);
      if (typeof json === "object" && json !== null && "queued" in json && typeof json.queued === "object") {
        expect(read()).toMatchObject({ event: { value: { position: Number.NaN } } });
      } else expect(read).toThrow(Error);
    }
    expect(small.fromJson(table, { later: 1 })).toEqual({
      $typeName: "maskwire.v1.EncodeEvent",
      event: { case: undefined },
    });
  });
});
