import { expect, it } from "vitest";
import { sendFile } from "./send-file.js";

const file = { bytes: 10, mediaType: "image/png", name: "a.png" };
const whole = Buffer.from("0123456789");

async function sent(offset: bigint, length: bigint, { bytes = 10, pieces = [whole] } = {}) {
  const chunks: { chunk?: Uint8Array; bytes?: bigint; name?: string }[] = [];
  const open = async function* ({ start, end }: { start: number; end: number }) {
    yield* pieces === undefined ? [] : [Buffer.concat(pieces).subarray(start, end)];
  };
  const send = async (chunk: (typeof chunks)[number]) => void chunks.push(chunk);
  await sendFile({ ...file, bytes }, open, { offset, length }, send, new AbortController().signal);
  return chunks;
}
const textOf = (chunks: { chunk?: Uint8Array }[]) =>
  Buffer.concat(chunks.map(({ chunk }) => chunk ?? new Uint8Array())).toString();

it("M5: sends a file or a part of it, and says with the first chunk what it is", async () => {
  const all = await sent(0n, 0n);
  expect(textOf(all)).toBe("0123456789");
  expect(all[0]).toMatchObject({ bytes: 10n, mediaType: "image/png", name: "a.png" });
  expect(textOf(await sent(3n, 4n))).toBe("3456");
  expect(textOf(await sent(8n, 100n))).toBe("89");
});

it("M5: says it of an empty part too", async () => {
  expect(await sent(10n, 0n)).toEqual([{ bytes: 10n, mediaType: "image/png", name: "a.png" }]);
});

it("M5: in chunks of no more than the contract allows", async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 1);
  const chunks = await sent(0n, 0n, { bytes: large.byteLength, pieces: [large] });
  expect(Math.max(...chunks.map(({ chunk }) => chunk?.byteLength ?? 0))).toBeLessThanOrEqual(1024 * 1024);
  expect(textOf(chunks)).toHaveLength(large.byteLength);
  expect(chunks.slice(1).every(({ bytes, name }) => bytes === undefined && name === undefined)).toBe(true);
});
