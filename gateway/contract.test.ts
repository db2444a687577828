import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ClientFrameSchema, DecoderService, EncoderService, ServerFrameSchema } from "../proto/index.js";
import { codecOf } from "../services/runtime/grpc/codec.js";
import { drawFrom, randomInit } from "../services/runtime/testing/random-message.js";

const messages = new Set<DescMessage>([
  ClientFrameSchema,
  ServerFrameSchema,
  ...[...EncoderService.methods, ...DecoderService.methods].flatMap(({ input, output }) => [input, output]),
]);

describe("every message of the contract has the bytes that the library gives it", () => {
  it.each([...messages].map((desc) => [desc.name, desc] as const))("%s", (_name, desc) => {
    const draw = drawFrom(11);
    const codec = codecOf(desc);
    for (let i = 0; i < 100; i++) {
      const init = randomInit(desc, draw);
      const message = codec.create(init as never);
      expect(message).toStrictEqual(create(desc, init as never));
      const bytes = codec.encode(message);
      expect(Buffer.compare(bytes, toBinary(desc, message))).toBe(0);
      expect(codec.decode(bytes)).toStrictEqual(fromBinary(desc, bytes));
    }
  });
});
