import { expect, it } from "vitest";
import { plainProduct } from "../../sam/track/labels/testing/plain-product.js";
import { ComparedFrames } from "./compared-frames.js";
import type { OtherPicture } from "./decoder-tasks.js";

const picture = (key: string): OtherPicture => ({ key, record: new SharedArrayBuffer(0), asOf: 0 });

function open(isKept = (_: OtherPicture) => true) {
  const read: string[] = [];
  const frames = new ComparedFrames(isKept);
  const tokensOf = ({ key }: OtherPicture) => {
    read.push(key);
    const values = Float32Array.from({ length: 12 }, (_, at) => Math.sin(at * (1 + key.length)));
    return { columns: 3, rows: 2, channels: 2, values };
  };
  const of = (key: string, reference: string) =>
    frames.of(picture(key), picture(reference), { product: plainProduct, tokensOf });
  return { frames, of, read };
}

it("makes a frame ready to be compared once for each that it is compared by", async () => {
  const { of, read } = open();
  const first = await of("a", "a");
  expect(await of("a", "a")).toBe(first);
  await of("bb", "a");
  expect(read).toEqual(["a", "a", "bb"]);
  await of("bb", "bb");
  expect(read).toEqual(["a", "a", "bb", "bb", "bb"]);
});

it("keeps nothing of what was deleted, nor of what was made by it", async () => {
  const { frames, of, read } = open();
  await of("t/a", "t/a");
  await of("u/b", "t/a");
  await of("u/b", "u/b");
  frames.forget("t/");
  read.length = 0;
  await of("u/b", "u/b");
  expect(read).toEqual([]);
  await of("u/b", "t/a");
  expect(read).toEqual(["t/a", "u/b"]);
});

it("keeps nothing of what was deleted while it was on its way", async () => {
  const { of, read } = open(({ key }) => key !== "gone");
  await of("gone", "gone");
  await of("gone", "gone");
  expect(read).toEqual(["gone", "gone", "gone", "gone"]);
});
