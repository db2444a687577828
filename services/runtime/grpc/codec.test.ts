import { isDeepStrictEqual } from "node:util";
import { create, createFileRegistry, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { maxDepth, maxFields } from "../../../proto/index.js";
import { drawFrom, randomInit } from "../testing/random-message.js";
import { codecOf, MessageError } from "./codec.js";

const { REPEATED, OPTIONAL } = Label;
const tree = ".maskwire.testing.Tree";

/** A message of every shape that the codec compiles, which holds others of its own kind, and one that it leaves alone. */
const file = create(FileDescriptorProtoSchema, {
  name: "maskwire/testing/tree.proto",
  package: "maskwire.testing",
  syntax: "proto3",
  enumType: [
    {
      name: "Kind",
      value: [
        { name: "KIND_NONE", number: 0 },
        { name: "KIND_LEAF", number: 5 },
      ],
    },
  ],
  messageType: [
    {
      name: "Tree",
      field: [
        { name: "note", number: 9, type: Type.STRING, label: OPTIONAL },
        { name: "data", number: 2, type: Type.BYTES, label: OPTIONAL },
        { name: "height", number: 3, type: Type.DOUBLE, label: OPTIONAL },
        { name: "weight", number: 4, type: Type.FLOAT, label: OPTIONAL },
        { name: "born", number: 5, type: Type.INT32, label: OPTIONAL },
        { name: "rings", number: 6, type: Type.UINT32, label: OPTIONAL, proto3Optional: true, oneofIndex: 1 },
        { name: "alive", number: 7, type: Type.BOOL, label: OPTIONAL },
        { name: "kind", number: 8, type: Type.ENUM, typeName: ".maskwire.testing.Kind", label: OPTIONAL },
        { name: "root", number: 1, type: Type.MESSAGE, typeName: tree, label: OPTIONAL },
        { name: "twigs", number: 10, type: Type.MESSAGE, typeName: tree, label: REPEATED },
        { name: "counts", number: 11, type: Type.UINT32, label: REPEATED },
        { name: "loose", number: 12, type: Type.FLOAT, label: REPEATED, options: { packed: false } },
        { name: "names", number: 13, type: Type.STRING, label: REPEATED },
        { name: "kinds", number: 14, type: Type.ENUM, typeName: ".maskwire.testing.Kind", label: REPEATED },
        { name: "seed", number: 15, type: Type.STRING, label: OPTIONAL, oneofIndex: 0 },
        { name: "graft", number: 16, type: Type.MESSAGE, typeName: tree, label: OPTIONAL, oneofIndex: 0 },
        { name: "cut", number: 2000, type: Type.BOOL, label: OPTIONAL, oneofIndex: 0 },
        { name: "leaves", number: 17, type: Type.UINT64, label: OPTIONAL },
        { name: "moment", number: 18, type: Type.INT64, label: OPTIONAL },
        { name: "years", number: 19, type: Type.UINT64, label: REPEATED },
        { name: "carved", number: 20, type: Type.MESSAGE, typeName: `${tree}.CarvedEntry`, label: REPEATED },
      ],
      nestedType: [
        {
          name: "CarvedEntry",
          options: { mapEntry: true },
          field: [
            { name: "key", number: 1, type: Type.STRING, label: OPTIONAL },
            { name: "value", number: 2, type: Type.STRING, label: OPTIONAL },
          ],
        },
      ],
      oneofDecl: [{ name: "origin" }, { name: "_rings" }],
    },
    { name: "Large", field: [{ name: "number", number: 1, type: Type.FIXED64, label: OPTIONAL }] },
  ],
});

const registry = createFileRegistry(file, () => undefined);
const messageOf = (name: string) => registry.getMessage(`maskwire.testing.${name}`) as DescMessage;
const Tree = messageOf("Tree");
const codec = codecOf(Tree);
const library = {
  create: (init: unknown) => create(Tree, init as never),
  encode: (message: unknown) => toBinary(Tree, message as never),
  decode: (bytes: Uint8Array) => fromBinary(Tree, bytes),
};

describe("the codec", () => {
  it("makes, writes and reads messages as the library does", () => {
    const draw = drawFrom(1);
    let longest = 0;
    for (let i = 0; i < 200; i++) {
      const init = randomInit(Tree, draw);
      const message = codec.create(init as never);
      expectSame(message, library.create(init));
      const bytes = codec.encode(message);
      expect(Buffer.compare(bytes, library.encode(message))).toBe(0);
      expectSame(codec.decode(bytes), library.decode(bytes));
      longest = Math.max(longest, bytes.length);
    }
    expect(longest).toBeGreaterThan(1000);
  });

  it("gives back what is a message already", () => {
    const message = library.create({ note: "mine" });
    expect(codec.create(message)).toBe(message);
    expect(codec.create({ root: message } as never)).toHaveProperty("root", message);
  });

  it("leaves out fields that it does not know, of every wire type and at every depth", () => {
    const writer = new BinaryWriter().tag(900, WireType.LengthDelimited).string("later");
    const nested = writer
      .tag(901, WireType.Varint)
      .uint64(2n ** 63n)
      .tag(902, WireType.Bit32)
      .float(1)
      .finish();
    const known = library.encode(library.create({ note: "still here", root: { born: 3 } }));
    const bytes = new BinaryWriter().tag(903, WireType.Bit64).double(1).raw(known).raw(nested);
    const whole = bytes.tag(1, WireType.LengthDelimited).bytes(nested).finish();
    expect(codec.decode(whole)).toStrictEqual(library.create({ note: "still here", root: { born: 3 } }));
  });

  it("adds to a message that comes in two parts, and takes the last of other values", () => {
    const parts = [
      { root: { note: "first", counts: [1] }, born: 1, origin: { case: "graft", value: { alive: true } } },
      { root: { born: 7, counts: [2] }, born: 2, origin: { case: "graft", value: { note: "too" } } },
      { origin: { case: "seed", value: "acorn" } },
    ].map((init) => library.encode(library.create(init)));
    for (const together of [parts.slice(0, 2), parts].map((some) => Buffer.concat(some))) {
      expect(codec.decode(together)).toStrictEqual(library.decode(together));
    }
    expect(codec.decode(Buffer.concat(parts))).toMatchObject({ root: { note: "first", born: 7, counts: [1, 2] } });
  });

  it("reads lists of numbers however they were written", () => {
    const writer = new BinaryWriter().tag(11, WireType.Varint).uint32(3).tag(11, WireType.LengthDelimited).fork();
    const bytes = writer
      .uint32(300)
      .uint32(4)
      .join()
      .tag(12, WireType.LengthDelimited)
      .fork()
      .float(0.5)
      .join()
      .finish();
    expect(codec.decode(bytes)).toStrictEqual(library.decode(bytes));
    expect(codec.decode(bytes)).toMatchObject({ counts: [3, 300, 4], loose: [0.5] });
  });

  it("refuses what is no message, and values that their field cannot hold", () => {
    const draw = drawFrom(5);
    // Of two levels: it is cut at every byte.
    const whole = library.encode(library.create({ ...randomInit(Tree, draw, 1), note: "the end" }));
    expect(whole.length).toBeGreaterThan(500);
    let refused = 0;
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      const expected = outcomeOf(() => library.decode(cut));
      const outcome = outcomeOf(() => codec.decode(cut));
      if (!(expected instanceof Error)) expectSame(outcome, expected);
      // Never the engine's or the library's own words.
      else expect(outcome).toStrictEqual(new MessageError("Its bytes are damaged, or cut short."));
      if (expected instanceof Error) refused++;
    }
    expect(refused).toBeGreaterThan(10);
    for (const init of [{ born: 2 ** 31 }, { rings: -1 }, { weight: 1e39 }, { kind: 0.5 }]) {
      expect(() => library.encode(library.create(init))).toThrow();
      expect(() => codec.encode(codec.create(init as never))).toThrow();
    }
  });

  it("refuses messages of more parts than any of ours, or deeper", () => {
    const deep = (depth: number): Uint8Array => {
      let message: Uint8Array = new Uint8Array();
      for (let i = 0; i < depth; i++)
        message = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(message).finish();
      return message;
    };
    expect(codec.decode(deep(maxDepth - 1))).toBeDefined();
    expect(() => codec.decode(deep(maxDepth))).toThrow(/messages within messages/);
    expect(() => codec.decode(deep(2000))).toThrow(/messages within messages/);
    const twig = new BinaryWriter().tag(10, WireType.LengthDelimited).bytes(new Uint8Array()).finish();
    const many = (count: number, one: Uint8Array) => Buffer.concat(Array.from({ length: count }, () => one));
    expect(codec.decode(many(maxFields, twig))).toBeDefined();
    expect(() => codec.decode(many(maxFields + 1, twig))).toThrow(/more fields than any message needs/);
    const unknown = new BinaryWriter().tag(900, WireType.Varint).uint32(1).finish();
    expect(() => codec.decode(many(maxFields + 1, unknown))).toThrow(/more fields than any message needs/);
    const group = Uint8Array.of(((900 << 3) & 0x7f) | 0x80 | WireType.StartGroup, 900 >> 4);
    expect(() => codec.decode(many(100_000, group))).toThrow(/groups/);
  });

  it("leaves to the library what it does not compile", () => {
    const Large = messageOf("Large");
    const large = codecOf(Large);
    const message = large.create({ number: 2n ** 60n } as never);
    expect(large.decode(large.encode(message))).toStrictEqual(message);
    expect(message).toHaveProperty("number", 2n ** 60n);
    const later = new BinaryWriter()
      .raw(large.encode(message))
      .tag(900, WireType.LengthDelimited)
      .string("later")
      .finish();
    expect(large.decode(later)).toStrictEqual(message);
    expect(() => large.decode(later.subarray(0, 4))).toThrow(MessageError);
  });
});

/** The matcher takes ten times as long over a large message, and tells what differs. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

function outcomeOf(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return error;
  }
}
