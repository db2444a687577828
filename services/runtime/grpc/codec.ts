import {
  create,
  type DescField,
  type DescMessage,
  type DescOneof,
  fromBinary,
  isMessage,
  type MessageInitShape,
  type MessageShape,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Edition, FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { listLimits, maxDepth, maxFields, mostFieldsOf } from "../../../proto/index.js";

/** A message to bytes and back. */
interface Codec<Desc extends DescMessage> {
  /** The whole message, as the library's `create`: what is one already is given back. */
  create(init: MessageInitShape<Desc>): MessageShape<Desc>;
  /** The bytes of the library's `toBinary`. @throws Error when a value is not one of its field's type; it names no field. */
  encode(message: MessageShape<Desc>): Uint8Array<ArrayBuffer>;
  /**
   * The message of the library's `fromBinary`, without the fields that it does not know; of a list no more than one entry
   * over its limit. @throws MessageError when the bytes are no message, or one of more parts than any of ours.
   */
  decode(bytes: Uint8Array): MessageShape<Desc>;
}

/** Bytes that are no message that is taken. Its text is a whole sentence, and fixed. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

/**
 * A codec with every field's functions chosen once. The library looks each of them up by reflection in each message, which
 * is nothing in a hot loop; but a click's messages come after a run of the model has emptied the processor's caches, and every
 * line of code then waits for memory: about a tenth of a millisecond a click. What it leaves out (proto2 and
 * editions, maps of other than strings, signed 64-bit numbers that are zigzag or fixed, the well-known types but times) goes through the library.
 */
export function codecOf<Desc extends DescMessage>(desc: Desc): Codec<Desc> {
  const known = codecs.get(desc);
  if (known) return known as unknown as Codec<Desc>;
  const codec = isPlain(desc) ? new Compiled(desc) : viaLibrary(desc);
  codecs.set(desc, codec as Codec<DescMessage>);
  return codec as Codec<Desc>;
}

/** By descriptor, of which a program has as many as its contracts have messages. */
const codecs = new WeakMap<DescMessage, Codec<DescMessage>>();

type Fields = Record<string, unknown>;
type WriteField = (writer: BinaryWriter, message: Fields) => void;
type ReadField = (reader: BoundedReader, message: Fields, wireType: WireType) => void;

/** How a value of a scalar type travels. */
interface Scalar {
  readonly wireType: WireType;
  readonly zero: unknown;
  write(writer: BinaryWriter, value: never): void;
  read(reader: BinaryReader): unknown;
}

const scalars: Partial<Record<ScalarType, Scalar>> = {
  [ScalarType.DOUBLE]: {
    wireType: WireType.Bit64,
    zero: 0,
    write: (writer, value) => writer.double(value),
    read: (reader) => reader.double(),
  },
  [ScalarType.FLOAT]: {
    wireType: WireType.Bit32,
    zero: 0,
    write: (writer, value) => writer.float(value),
    read: (reader) => reader.float(),
  },
  [ScalarType.INT32]: {
    wireType: WireType.Varint,
    zero: 0,
    write: (writer, value) => writer.int32(value),
    read: (reader) => reader.int32(),
  },
  [ScalarType.UINT32]: {
    wireType: WireType.Varint,
    zero: 0,
    write: (writer, value) => writer.uint32(value),
    read: (reader) => reader.uint32(),
  },
  [ScalarType.INT64]: {
    wireType: WireType.Varint,
    zero: 0n,
    write: (writer, value) => writer.int64(value),
    read: (reader) => BigInt(reader.int64()),
  },
  [ScalarType.UINT64]: {
    wireType: WireType.Varint,
    zero: 0n,
    write: (writer, value) => writer.uint64(value),
    read: (reader) => BigInt(reader.uint64()),
  },
  [ScalarType.BOOL]: {
    wireType: WireType.Varint,
    zero: false,
    write: (writer, value) => writer.bool(value),
    read: (reader) => reader.bool(),
  },
  [ScalarType.STRING]: {
    wireType: WireType.LengthDelimited,
    zero: "",
    write: (writer, value) => writer.string(value),
    read: (reader) => reader.string(),
  },
  [ScalarType.BYTES]: {
    wireType: WireType.LengthDelimited,
    zero: new Uint8Array(0),
    write: (writer, value) => writer.bytes(value),
    read: (reader) => reader.bytes(),
  },
};

/** Enumerations travel as int32. */
const scalarOf = ({ scalar }: DescField) => scalars[scalar ?? ScalarType.INT32];

function isPlain(desc: DescMessage, above: readonly DescMessage[] = []): boolean {
  if (above.includes(desc)) return true;
  if (desc.file.edition !== Edition.EDITION_PROTO3) return false;
  // The others have forms of their own in code; a time is a message like ours.
  if (desc.typeName.startsWith("google.protobuf.") && desc.typeName !== "google.protobuf.Timestamp") return false;
  return desc.fields.every((field) => {
    if (field.fieldKind === "map") return isTextMap(field);
    return field.message ? isPlain(field.message, [...above, desc]) : scalarOf(field) !== undefined;
  });
}

const isTextMap = (field: DescField & { fieldKind: "map" }) =>
  field.mapKey === ScalarType.STRING && field.mapKind === "scalar" && field.scalar === ScalarType.STRING;

/** Reads no more of a message than its limits allow. */
class BoundedReader extends BinaryReader {
  readonly #most: number;
  #fields = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, most = maxFields) {
    super(bytes);
    this.#most = most;
  }

  count(): void {
    if (++this.#fields > this.#most) throw new MessageError("It has more fields than any message needs.");
  }

  enter(): void {
    if (++this.#depth > maxDepth) throw new MessageError("It has messages within messages, deeper than any needs.");
  }

  leave(): void {
    this.#depth--;
  }

  /** Goes past a value that is not wanted. @param bytes what is left of one whose length has been read. */
  pass(wireType: WireType, bytes?: number): void {
    if (wireType === WireType.Varint) this.uint32();
    else if (wireType === WireType.Bit32) this.pos += 4;
    else if (wireType === WireType.Bit64) this.pos += 8;
    else if (wireType === WireType.LengthDelimited) {
      // Reading the length moves the position.
      const length = bytes ?? this.uint32();
      this.pos += length;
    } else throw new MessageError("It has groups, which are no part of proto3.");
    this.assertBounds();
  }
}

const damaged = (cause: unknown) => new MessageError("Its bytes are damaged, or cut short.", { cause });

class Compiled implements Codec<DescMessage> {
  readonly #desc: DescMessage;
  readonly #mostFields: number;
  readonly #zeros: [name: string, make: () => unknown][] = [];
  readonly #complete: ((message: Fields, init: Fields) => void)[] = [];
  readonly #writers: WriteField[] = [];
  readonly #readers: ReadField[] = [];

  constructor(desc: DescMessage) {
    this.#desc = desc;
    this.#mostFields = mostFieldsOf(desc);
    // Before its fields: a message may hold messages of its own kind.
    codecs.set(desc, this as Codec<DescMessage>);
    for (const member of desc.members) this.#add(member);
    const inOrder = [...desc.fields].sort((a, b) => a.number - b.number);
    for (const field of inOrder) this.#compile(field);
  }

  create(init: MessageInitShape<DescMessage>): MessageShape<DescMessage> {
    if (isMessage(init, this.#desc)) return init;
    const message = this.#zero();
    for (const complete of this.#complete) complete(message, init as Fields);
    return message as unknown as MessageShape<DescMessage>;
  }

  encode(message: MessageShape<DescMessage>): Uint8Array<ArrayBuffer> {
    const writer = new BinaryWriter();
    this.writeFields(writer, message as unknown as Fields);
    return writer.finish();
  }

  decode(bytes: Uint8Array): MessageShape<DescMessage> {
    try {
      return this.readFields(
        new BoundedReader(bytes, this.#mostFields),
        bytes.byteLength,
      ) as unknown as MessageShape<DescMessage>;
    } catch (cause) {
      throw cause instanceof MessageError ? cause : damaged(cause);
    }
  }

  #zero(): Fields {
    const message: Fields = { $typeName: this.#desc.typeName };
    for (const [name, make] of this.#zeros) message[name] = make();
    return message;
  }

  writeFields(writer: BinaryWriter, message: Fields): void {
    for (const write of this.#writers) write(writer, message);
  }

  /** @param message one that the fields are added to; a new one when left out. */
  readFields(reader: BoundedReader, bytes: number, message = this.#zero()): Fields {
    const end = reader.pos + bytes;
    reader.enter();
    while (reader.pos < end) {
      const [no, wireType] = reader.tag();
      reader.count();
      const read = this.#readers[no];
      // What a newer peer says beyond this contract is not kept: nobody here reads it.
      if (read) read(reader, message, wireType);
      else reader.pass(wireType);
    }
    reader.leave();
    return message;
  }

  /** What a new message has of a member, and how it gets it from a part of a message. */
  #add(member: DescField | DescOneof): void {
    const name = member.localName;
    if (member.kind === "oneof") {
      const makers = new Map(member.fields.map((field) => [field.localName, maker(field)]));
      this.#zeros.push([name, () => ({ case: undefined })]);
      this.#complete.push((message, init) => {
        const chosen = init[name] as { case?: string; value?: unknown } | null | undefined;
        const make = makers.get(chosen?.case ?? "");
        if (chosen && make) message[name] = { case: chosen.case, value: make(chosen.value) };
      });
      return;
    }
    if (member.fieldKind === "map") {
      this.#zeros.push([name, () => ({})]);
      this.#complete.push((message, init) => {
        if (init[name] != null) message[name] = { ...(init[name] as object) };
      });
      return;
    }
    const make = maker(member);
    const isList = member.fieldKind === "list";
    const zero = scalarOf(member)?.zero;
    if (isList) this.#zeros.push([name, () => []]);
    else if (isImplicit(member)) this.#zeros.push([name, member.scalar === ScalarType.BYTES ? noBytes : () => zero]);
    this.#complete.push((message, init) => {
      const value = init[name];
      if (value == null) return;
      message[name] = isList ? (value as unknown[]).map(make) : make(value);
    });
  }

  #compile(field: DescField): void {
    const { localName: name, number, oneof } = field;
    if (field.fieldKind === "map") {
      this.#writers.push((writer, message) => writeTextMap(writer, number, message[name] as Record<string, string>));
      this.#readers[number] = (reader, message) => readTextEntry(reader, message[name] as Record<string, string>);
      return;
    }
    const { write, read } = field.message ? messageField(number, field.message) : scalarField(field);
    if (field.fieldKind === "list") {
      const scalar = field.message ? undefined : scalarOf(field);
      const canPack = scalar !== undefined && scalar.wireType !== WireType.LengthDelimited;
      // The one too many stays, and shows that there were more.
      const kept = (listLimits[`${field.parent.typeName}.${field.name}`] ?? Number.POSITIVE_INFINITY) + 1;
      this.#writers.push((writer, message) => {
        const list = message[name] as never[];
        if (list.length === 0) return;
        if (!scalar || !field.packed) {
          for (const value of list) write(writer, value);
          return;
        }
        writer.tag(number, WireType.LengthDelimited).fork();
        for (const value of list) scalar.write(writer, value);
        writer.join();
      });
      this.#readers[number] = (reader, message, wireType) => {
        const list = message[name] as unknown[];
        if (!canPack || wireType !== WireType.LengthDelimited) {
          if (list.length < kept) list.push(read(reader, undefined));
          else reader.pass(wireType);
          return;
        }
        const end = reader.uint32() + reader.pos;
        while (reader.pos < end && list.length < kept) list.push(read(reader, undefined));
        if (reader.pos < end) reader.pass(WireType.LengthDelimited, end - reader.pos);
      };
    } else if (oneof) {
      const choice = oneof.localName;
      this.#writers.push((writer, message) => {
        const chosen = message[choice] as { case?: string; value?: never };
        if (chosen.case === name) write(writer, chosen.value as never);
      });
      this.#readers[number] = (reader, message) => {
        const chosen = message[choice] as { case?: string; value?: unknown };
        message[choice] = { case: name, value: read(reader, chosen.case === name ? chosen.value : undefined) };
      };
    } else {
      const isBytes = field.scalar === ScalarType.BYTES;
      const zero = isImplicit(field) ? scalarOf(field)?.zero : undefined;
      const isUnset = (value: unknown) =>
        value === undefined || value === zero || (zero !== undefined && isBytes && (value as Uint8Array).length === 0);
      this.#writers.push((writer, message) => {
        const value = message[name];
        if (!isUnset(value)) write(writer, value as never);
      });
      this.#readers[number] = (reader, message) => {
        message[name] = read(reader, message[name]);
      };
    }
  }
}

/** As entries of two fields, key and value. */
function writeTextMap(writer: BinaryWriter, number: number, map: Record<string, string>): void {
  for (const [key, value] of Object.entries(map)) {
    writer.tag(number, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
}

function readTextEntry(reader: BoundedReader, map: Record<string, string>): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  let key = "";
  let value = "";
  while (reader.pos < end) {
    const [no] = reader.tag();
    reader.count();
    // Nobody writes others; the library, too, goes on behind their tag.
    if (no === 1) key = reader.string();
    else if (no === 2) value = reader.string();
  }
  // As a field of its own, whatever it is called.
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

interface ValueCodec {
  write(writer: BinaryWriter, value: never): void;
  /** @param before the field's value so far. */
  read(reader: BoundedReader, before: unknown): unknown;
}

function messageField(number: number, desc: DescMessage): ValueCodec {
  const codec = codecOf(desc) as unknown as Compiled;
  return {
    write: (writer, value) => {
      writer.tag(number, WireType.LengthDelimited).fork();
      codec.writeFields(writer, value);
      writer.join();
    },
    read: (reader, before) => codec.readFields(reader, reader.uint32(), before as Fields | undefined),
  };
}

function scalarField(field: DescField): ValueCodec {
  const { number } = field;
  const scalar = scalarOf(field) as Scalar;
  return {
    write: (writer, value) => scalar.write(writer.tag(number, scalar.wireType), value),
    read: (reader) => scalar.read(reader),
  };
}

/** A field's value from what a caller gave for it. */
function maker(field: DescField): (value: unknown) => unknown {
  if (!field.message) return (value) => value;
  const codec = codecOf(field.message);
  return (value) => codec.create(value as never);
}

/** Zero and unset are one. */
const isImplicit = ({ presence }: DescField) => presence === FeatureSet_FieldPresence.IMPLICIT;

const noBytes = () => new Uint8Array(0);

function viaLibrary<Desc extends DescMessage>(desc: Desc): Codec<Desc> {
  return {
    create: (init) => create(desc, init),
    encode: (message) => toBinary(desc, message) as Uint8Array<ArrayBuffer>,
    decode: (bytes) => {
      try {
        return fromBinary(desc, bytes, { readUnknownFields: false });
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
}
