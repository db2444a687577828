import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ClientFrameSchema,
  DatasetService,
  DecoderService,
  listLimits,
  maxPoints,
  SegmentRequestSchema,
  TrackService,
} from "../../proto/index.js";
import { readFrame } from "../sessions/frames.js";
import { mostMembers, readJsonMessage } from "./read-json-message.js";

const points = (count: number) =>
  JSON.stringify({ prompt: { points: Array.from({ length: count }, () => ({ x: 1, y: 2 })) } });

describe("a message from JSON", () => {
  it("is read by the names of either spelling, with strings that look like its parts", () => {
    const text = '{"imageId": "[{,\\\\\\"}", "prompt": {"mask": {"low_res_logits": {"width": 2}}}}';
    expect(readJsonMessage(SegmentRequestSchema, text)).toMatchObject({
      imageId: '[{,\\"}',
      prompt: { mask: { source: { case: "lowResLogits", value: { width: 2 } } } },
    });
  });

  it("keeps one entry more of a list than it may have", () => {
    expect(readJsonMessage(SegmentRequestSchema, points(maxPoints)).prompt?.points.length).toBe(maxPoints);
    expect(readJsonMessage(SegmentRequestSchema, points(10_000)).prompt?.points.length).toBe(maxPoints + 1);
    const steps = { prompt: { mask: { previous: { steps: Array.from({ length: 100 }, () => ({})) } } } };
    const { source } = readJsonMessage(SegmentRequestSchema, JSON.stringify(steps)).prompt?.mask ?? {};
    expect(source?.case === "previous" && source.value.steps.length).toBe(33);
  });

  it("H27: has no object with more members than messages and maps have, in lists or out of them", () => {
    const members = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":[1,2]`).join()}}`;
    const refusal = /^it has an object with more fields than any message$/;
    for (const text of [members(mostMembers + 1), `[[],{"a":[${members(mostMembers + 1)}]}]`]) {
      expect(() => readJsonMessage(SegmentRequestSchema, text)).toThrow(refusal);
    }
    expect(() => readJsonMessage(SegmentRequestSchema, members(mostMembers))).not.toThrow(refusal);
    const lists = JSON.stringify({ prompt: { points: Array(mostMembers + 50).fill({ x: 1 }) } });
    expect(() => readJsonMessage(SegmentRequestSchema, lists)).not.toThrow();
    const methods = [DatasetService, TrackService, DecoderService].flatMap(({ methods: all }) => all);
    for (const { input } of methods) {
      expect(input.fields.length).toBeLessThan(mostMembers / 2);
      for (const { fieldKind, name } of input.fields) {
        if (fieldKind === "map") expect(listLimits[`${input.typeName}.${name}`]).toBeLessThan(mostMembers);
      }
    }
  });

  const deep = '{"prompt":{"mask":{"previous":{"steps":[';
  it.each([
    ["no JSON", "{nonsense", /^it is no JSON, or no UTF-8$/],
    ["nothing", "", /^it is no JSON, or no UTF-8$/],
    ["another form", '{"sequence": "many"}', /^cannot decode field maskwire\.v1\.SegmentRequest\.sequence/],
    ["a long value", JSON.stringify({ sequence: "9".repeat(100_000) }), /^.{1,201}$/],
    ["a list where a message belongs", "[]", /^cannot decode /],
    ["a megabyte of empty objects", `{"prompt":{"points":[${"{},".repeat(300_000)}{}]}}`, /^it has more parts than/],
    ["a megabyte of brackets", "[".repeat(1_000_000), /^it is nested deeper/],
    ["messages in messages", deep.repeat(5000), /^it is nested deeper/],
  ])("is refused when it is %s, in words of our own", (_name, text, reason) => {
    expect(() => readJsonMessage(SegmentRequestSchema, text)).toThrow(reason);
    const read = () => readFrame(Buffer.from(text), "text");
    expect(read).toThrow(/^The frame is not a ClientFrame in protobuf JSON: /);
    expect(read).not.toThrow(/call stack|Unexpected|position/);
  });

  it("is what the contract says or a reason, whatever comes", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.uint8Array({ maxLength: 200 }), (json, bytes) => {
        for (const read of [
          () => readJsonMessage(ClientFrameSchema, json),
          () => readFrame(Buffer.from(json), "text"),
          () => readFrame(bytes, "text"),
          () => readFrame(bytes, "binary"),
        ]) {
          try {
            read();
          } catch (error) {
            expect((error as Error).name).toMatch(/^(JsonMessageError|ServiceError)$/);
          }
        }
      }),
    );
  });
});
