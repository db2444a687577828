import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { Base64Bytes, beginsBase64, decodeBase64 } from "./base64-bytes.js";

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe("X2 Base64", () => {
  const forms: [string, (file: Buffer) => string][] = [
    ["as it is", (file) => file.toString("base64")],
    ["without its padding", (file) => file.toString("base64").replace(/=+$/, "")],
    ["of addresses", (file) => file.toString("base64url")],
    ["as a data URI", (file) => `data:image/png;base64,${file.toString("base64")}`],
    ["with its slashes escaped", (file) => file.toString("base64").replaceAll("/", "\\/")],
    ["with its plus signs as code points", (file) => file.toString("base64").replaceAll("+", "\\u002b")],
    ["in lines", (file) => (file.toString("base64").match(/.{1,20}/g) ?? []).join("\\n")],
  ];
  it.each(forms)("%s is decoded and hashed in whatever pieces it comes", (_name, write) => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 17 }), (content, size) => {
        const file = Buffer.from(content);
        const text = write(file);
        expect(beginsBase64(text)).toBe(true);
        // Its head comes whole.
        const [head = ""] = /^data:[^,]*,/.exec(text) ?? [];
        const all = new Base64Bytes();
        all.add(head);
        for (let at = head.length; at < text.length; at += size) all.add(text.slice(at, at + size));
        const { pieces, bytes: length, imageId } = all.end();
        expect(Buffer.concat(pieces).equals(file)).toBe(true);
        expect([length, imageId]).toEqual([file.length, imageIdOf(file)]);
      }),
      { numRuns: 60 },
    );
  });

  it.each(["<View><Image/></View>", '{\\"a\\":1}', "https://example.org/a.jpg?b=c", "two words"])(
    "%s is none",
    (text) => {
      expect(beginsBase64(text)).toBe(false);
    },
  );

  it("is nothing where there is nothing", () => {
    expect(decodeBase64("").bytes).toBe(0);
  });
});
