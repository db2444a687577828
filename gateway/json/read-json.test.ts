import { describe, expect, it } from "vitest";
import { ClientFrameSchema, SegmentRequestSchema } from "../../proto/index.js";
import { readFrame } from "../sessions/frames.js";
import { readJson } from "./read-json.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const openImage = '{"openImage":{"imageId":"sha256:0"}}';

describe("F4, H15: JSON, in a frame as in a body", () => {
  it.each([
    ["plain", openImage],
    ["behind a byte order mark", `\ufeff${openImage}`],
    ["in white space", `\r\n ${openImage}\n`],
  ])("is read %s", (_what, text) => {
    const read = [readJson(ClientFrameSchema, bytes(text), "body"), readFrame(bytes(text), "text")];
    for (const { frame } of read) expect(frame).toMatchObject({ case: "openImage", value: { imageId: "sha256:0" } });
  });

  it.each([
    ["nothing", bytes("")],
    ["two marks", bytes(`\ufeff\ufeff${openImage}`)],
    ["bytes that are no text", Uint8Array.of(0x7b, 0xff, 0x7d)],
    ["text in UTF-16", Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
    ["a list", bytes("[]")],
    ["an unknown name", bytes(`{"${"x".repeat(5000)}":1}`)],
  ])("%s is refused in one sentence", (_what, body) => {
    const read = () => readJson(SegmentRequestSchema, body, "body");
    expect(read).toThrow(/^The body is not a SegmentRequest in protobuf JSON.{0,210}\.$/s);
  });

  it.each([
    ["{", /no JSON, or no UTF-8\.$/],
    ['{"points":[}', /no JSON, or no UTF-8\.$/],
    ["[".repeat(200_000), /nested deeper than any message\.$/],
    ['{"prompt":{"points":[{"x":"far"}]}}', /Point\.x from JSON/],
  ])("says what is wrong with a message, and nothing in the words of the engine (%#)", (text, words) => {
    const read = () => readJson(SegmentRequestSchema, bytes(text), "body");
    expect(read).toThrow(words);
    expect(read).not.toThrow(/Unexpected|position|call stack/);
  });

  it("in a binary frame is told where it goes", () => {
    expect(() => readFrame(bytes(openImage), "binary")).toThrow(/JSON goes in text frames\.$/);
  });
});
