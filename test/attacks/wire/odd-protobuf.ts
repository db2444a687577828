import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { randomInit } from "../../../services/runtime/testing/random-message.js";
import type { Random } from "../../simulation/random.js";
import { mutateBytes, pick, randomBytes } from "./mutate-bytes.js";

/** A message that is right by its form: any fields, any values. */
function anyMessage(schema: DescMessage, random: Random): Uint8Array {
  return toBinary(
    schema,
    create(
      schema,
      randomInit(schema, (below) => random.below(below)),
    ),
  );
}

/** Bytes that are a message, nearly one, or none. */
export function oddMessage(schema: DescMessage, random: Random): Uint8Array {
  const message = anyMessage(schema, random);
  switch (random.below(8)) {
    case 0:
      return message;
    case 1:
      return Buffer.concat([message, wrongWireTypes(schema, random)]);
    case 2:
      return Buffer.concat([message, unknownFields(random, 1 + random.below(2000))]);
    case 3:
      return nested(1 + random.below(5000));
    case 4:
      return Buffer.concat([message, hugeLength(random)]);
    case 5:
      // A oneof of many, and every list longer.
      return Buffer.concat(Array.from({ length: 2 + random.below(20) }, () => anyMessage(schema, random)));
    case 6:
      return randomBytes(random, random.below(300));
    default:
      return mutateBytes(message, random);
  }
}

function wrongWireTypes(schema: DescMessage, random: Random): Uint8Array {
  const writer = new BinaryWriter();
  for (const { number } of schema.fields) {
    const type = random.below(8);
    writer.uint32((number << 3) | type);
    if (type === WireType.Varint) writer.uint64("18446744073709551615");
    else if (type === WireType.LengthDelimited) writer.bytes(randomBytes(random, random.below(20)));
    else writer.raw(randomBytes(random, pick(random, [0, 4, 8])));
  }
  return writer.finish();
}

/** Fields that no message here has, of every wire type. */
function unknownFields(random: Random, count: number): Uint8Array {
  const writer = new BinaryWriter();
  for (let index = 0; index < count; index++) {
    const number = 1000 + random.below(2 ** 20);
    if (random.below(2) === 0) writer.tag(number, WireType.Varint).uint32(index);
    else writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array(random.below(4)));
  }
  return writer.finish();
}

/** The cheapest way to many unknown fields: two bytes each. @param bytes of the whole. */
export function emptyUnknownFields(bytes: number): Uint8Array {
  // Field 15, varint 0.
  return Buffer.alloc(bytes - (bytes % 2), Buffer.from([0x78, 0x00]));
}

/** A message in a message, field 2 and then field 4 again and again: the segment frame, its prompt. */
function nested(depth: number): Uint8Array {
  const lengths: number[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    lengths.push(length);
    length += 1 + new BinaryWriter().uint32(length).finish().byteLength;
  }
  const writer = new BinaryWriter();
  for (const [level, inner] of lengths.reverse().entries())
    writer.uint32(((level % 2 === 0 ? 2 : 4) << 3) | 2).uint32(inner);
  return writer.finish();
}

/** Announces far more than there is. */
function hugeLength(random: Random): Uint8Array {
  return new BinaryWriter()
    .uint32(((1 + random.below(8)) << 3) | WireType.LengthDelimited)
    .uint32(pick(random, [2 ** 31 - 1, 2 ** 32 - 1, 2 ** 20]))
    .finish();
}
