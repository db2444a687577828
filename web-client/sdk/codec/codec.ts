import type { EnumTable, Field, Kind, Table } from "./table.js";
import { WireReader, WireWriter } from "./wire.js";

/*
 * Messages as the library has them, to bytes and back, from tables: what the built package has in the library's place. It knows what
 * the contract uses (proto3 without maps, groups and 64-bit numbers) and no other.
 */

type Fields = Record<string, unknown>;
type OneOf = { readonly case?: string; readonly value?: unknown };

const zeros: Readonly<Record<Kind, () => unknown>> = {
  double: () => 0,
  float: () => 0,
  uint32: () => 0,
  enum: () => 0,
  bool: () => false,
  string: () => "",
  bytes: () => new Uint8Array(0),
  message: () => undefined,
};

/** Varint, 64 bits, length and bytes, 32 bits. */
const wireTypes: Readonly<Record<Kind, 0 | 1 | 2 | 5>> = {
  double: 1,
  float: 5,
  uint32: 0,
  enum: 0,
  bool: 0,
  string: 2,
  bytes: 2,
  message: 2,
};

const groupOf = ([, , , rule]: Field) => (rule.startsWith("oneof:") ? rule.slice(6) : undefined);
const tableOf = ([, , , , of]: Field) => of?.() as Table;

/** The whole message. One that is whole already is given back. */
export function create(table: Table, init: Fields = {}): Fields {
  if (init.$typeName === table.typeName) return init;
  const message: Fields = { $typeName: table.typeName };
  for (const field of table.fields) {
    const [, name, kind, rule] = field;
    const group = groupOf(field);
    if (group !== undefined) {
      const given = init[group] as OneOf | undefined;
      message[group] ??= { case: undefined };
      if (given?.case === name) message[group] = { case: name, value: whole(field, given.value) };
    } else if (rule === "repeated") {
      message[name] = ((init[name] ?? []) as unknown[]).map((value) => whole(field, value));
    } else if (init[name] !== undefined && init[name] !== null) {
      message[name] = whole(field, init[name]);
    } else if (rule === "" && kind !== "message") {
      message[name] = zeros[kind]();
    }
  }
  return message;
}

const whole = (field: Field, value: unknown) =>
  field[2] === "message" ? create(tableOf(field), value as Fields) : value;

export function toBinary(table: Table, message: Fields): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter();
  write(writer, table, message);
  return writer.finish();
}

function write(writer: WireWriter, { fields }: Table, message: Fields): void {
  for (const field of [...fields].sort(([a], [b]) => a - b)) {
    const [number, name, kind, rule] = field;
    const group = groupOf(field);
    if (group !== undefined) {
      const given = message[group] as OneOf;
      if (given.case === name) writeOne(writer, field, given.value);
      continue;
    }
    const value = message[name];
    if (value === undefined) continue;
    if (rule !== "repeated") {
      if (rule === "optional" || kind === "message" || !isZero(value)) writeOne(writer, field, value);
      continue;
    }
    const values = value as unknown[];
    if (wireTypes[kind] === 2) for (const one of values) writeOne(writer, field, one);
    else if (values.length > 0) {
      const packed = new WireWriter();
      for (const one of values) writeValue(packed, kind, one);
      writer.tag(number, 2);
      writer.bytes(packed.finish());
    }
  }
}

const isZero = (value: unknown) =>
  value instanceof Uint8Array ? value.length === 0 : value === "" || value === false || value === 0;

function writeOne(writer: WireWriter, field: Field, value: unknown): void {
  const [number, , kind] = field;
  writer.tag(number, wireTypes[kind]);
  if (kind === "message") writer.bytes(toBinary(tableOf(field), value as Fields));
  else writeValue(writer, kind, value);
}

function writeValue(writer: WireWriter, kind: Kind, value: unknown): void {
  switch (kind) {
    case "double":
      return writer.double(value as number);
    case "float":
      return writer.float(value as number);
    case "bool":
      return writer.varint(value ? 1 : 0);
    case "string":
      return writer.bytes(new TextEncoder().encode(value as string));
    case "bytes":
      return writer.bytes(value as Uint8Array);
    default:
      return writer.varint(value as number);
  }
}

/** @throws Error when the bytes are no message. */
export function fromBinary(table: Table, bytes: Uint8Array): Fields {
  const message = create(table);
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    const field = table.fields.find(([one]) => one === number);
    if (field === undefined) reader.skip(wireType);
    else read(reader, field, wireType, message);
  }
  return message;
}

function read(reader: WireReader, field: Field, wireType: number, message: Fields): void {
  const [, name, kind, rule] = field;
  const group = groupOf(field);
  if (rule === "repeated") {
    const list = message[name] as unknown[];
    if (wireType !== 2 || wireTypes[kind] === 2) list.push(readOne(reader, field, undefined));
    else
      for (const packed = new WireReader(reader.bytes()); !packed.isAtEnd; )
        list.push(readOne(packed, field, undefined));
  } else if (group === undefined) {
    message[name] = readOne(reader, field, message[name]);
  } else {
    const before = message[group] as OneOf;
    message[group] = { case: name, value: readOne(reader, field, before.case === name ? before.value : undefined) };
  }
}

/** @param before the same field of the message, where it came already: messages are merged. */
function readOne(reader: WireReader, field: Field, before: unknown): unknown {
  switch (field[2]) {
    case "double":
      return reader.double();
    case "float":
      return reader.float();
    case "bool":
      return reader.varint() !== 0;
    case "string":
      return new TextDecoder().decode(reader.bytes());
    case "bytes":
      return reader.bytes().slice();
    case "enum":
      // Of 32 bits with a sign.
      return reader.varint() | 0;
    case "uint32":
      return reader.varint();
    case "message": {
      const message = fromBinary(tableOf(field), reader.bytes());
      return before === undefined ? message : merged(tableOf(field), before as Fields, message);
    }
  }
}

function merged({ fields }: Table, before: Fields, after: Fields): Fields {
  const both = { ...before };
  for (const field of fields) {
    const [, name, kind, rule] = field;
    const group = groupOf(field);
    if (group !== undefined) {
      const [a, b] = [before[group] as OneOf, after[group] as OneOf];
      if (b.case !== name) continue;
      const isSame = a.case === name && kind === "message";
      both[group] = isSame ? { case: name, value: merged(tableOf(field), a.value as Fields, b.value as Fields) } : b;
    } else if (rule === "repeated") both[name] = [...(before[name] as unknown[]), ...(after[name] as unknown[])];
    else if (after[name] === undefined || (rule === "" && kind !== "message" && isZero(after[name]))) continue;
    else if (kind === "message" && before[name] !== undefined) {
      both[name] = merged(tableOf(field), before[name] as Fields, after[name] as Fields);
    } else both[name] = after[name];
  }
  return both;
}

/** From protobuf JSON; what it does not know it passes over. @throws Error when it is no such message. */
export function fromJson(table: Table, json: unknown): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new Error(`${table.typeName} is an object.`);
  const message = create(table);
  for (const field of table.fields) {
    const [, name, , rule] = field;
    const value = (json as Fields)[name] ?? (json as Fields)[snake(name)];
    if (value === undefined || value === null) continue;
    const group = groupOf(field);
    if (rule === "repeated") {
      if (!Array.isArray(value)) throw new Error(`${table.typeName}.${name} is a list.`);
      message[name] = value.map((one) => fromJsonValue(field, one));
    } else if (group === undefined) message[name] = fromJsonValue(field, value);
    else message[group] = { case: name, value: fromJsonValue(field, value) };
  }
  return message;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function fromJsonValue(field: Field, value: unknown): unknown {
  const [, name, kind] = field;
  const fits = (type: "string" | "number" | "boolean") => {
    if (typeof value !== type) throw new Error(`${name} is a ${type}.`);
    return value as never;
  };
  switch (kind) {
    case "message":
      return fromJson(tableOf(field), value);
    case "enum":
      return typeof value === "number" ? value : numberOf(field, fits("string"));
    case "bytes":
      return Uint8Array.from(atob(fits("string")), (letter) => letter.charCodeAt(0));
    case "string":
      return fits("string");
    case "bool":
      return fits("boolean");
    default:
      return typeof value === "string" && value.trim() !== "" ? Number(value) : fits("number");
  }
}

function numberOf([, name, , , of]: Field, said: string): number {
  const names = of?.() as EnumTable | undefined;
  const number = names?.[said];
  if (number === undefined) throw new Error(`${name} has no ${said}.`);
  return number;
}
