import { create, fromJson, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { SegmentResultSchema, ServerFrameSchema } from "../../proto/index.js";
import { writeFrame } from "../sessions/frames.js";
import { writeJsonMessage } from "./write-json-message.js";

type Result = MessageInitShape<typeof SegmentResultSchema>;

const messageOf = (value: Result) => ({
  case: "segment" as const,
  value: { sequence: 3, outcome: { case: "result" as const, value } },
});
const frameOf = (value: Result) => create(ServerFrameSchema, { frame: messageOf(value) });
const bytes = fc.uint8Array({ maxLength: 100 });
const masks = fc.array(
  fc.record(
    {
      png: bytes,
      area: fc.nat(),
      bbox: fc.constant({ x: 1, y: 2, width: 3, height: 4 }),
      rle: fc.constant({ size: [4, 5] as number[], counts: "04" }),
      lowResLogits: fc.record({ width: fc.constant(2), height: fc.constant(2), data: bytes }),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 4 },
);

describe("a message as JSON", () => {
  it("is what the library writes, and leaves the message as it is", () => {
    fc.assert(
      fc.property(masks, (drawn) => {
        const frame = frameOf({ masks: drawn });
        const expected = toJson(ServerFrameSchema, frame, { alwaysEmitImplicit: true });
        expect(writeJsonMessage(ServerFrameSchema, frame)).toEqual(expected);
        expect(frame).toEqual(frameOf({ masks: drawn }));
        expect(fromJson(ServerFrameSchema, writeJsonMessage(ServerFrameSchema, frame))).toEqual(frame);
      }),
    );
  });

  it("writes a part of a larger buffer", () => {
    const png = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect(writeJsonMessage(SegmentResultSchema, create(SegmentResultSchema, { masks: [{ png }] }))).toMatchObject({
      masks: [{ png: "AgM=" }],
    });
  });

  it("has its bytes written by the engine, in a session's frames too", () => {
    const data = new Uint8Array(3000).fill(7);
    // The library reads every byte by its index; the engine takes the buffer.
    const read = vi.fn();
    const watched = new Proxy(data, {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) read();
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const frame = frameOf({ masks: [{ png: data }] });
    if (frame.frame.case === "segment" && frame.frame.value.outcome.case === "result") {
      const [mask] = frame.frame.value.outcome.value.masks;
      if (mask) mask.png = watched;
    }
    const text = JSON.stringify(writeJsonMessage(ServerFrameSchema, frame));
    expect(read).not.toHaveBeenCalled();
    expect(text).toContain(Buffer.from(data).toString("base64"));
    expect(writeFrame(messageOf({ masks: [{ png: data }] }), "text")).toBe(text);
  });
});
