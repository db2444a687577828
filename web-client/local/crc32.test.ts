import { expect, it } from "vitest";
import { crc32 } from "./crc32.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

it("gives the check value of the standard", () => {
  expect(crc32(bytesOf("123456789"))).toBe(0xcbf4_3926);
  expect(crc32(bytesOf(""))).toBe(0);
  expect(crc32(bytesOf("The quick brown fox jumps over the lazy dog"))).toBe(0x414f_a339);
});

it("goes on from the bytes before, wherever they are cut and from any offset", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, at) => (at * 37 + 11) & 0xff);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
  }
});
