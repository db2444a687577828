import { expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { type MakeThumbnail, Thumbnails } from "./thumbnails.js";

const picture = { imageId: `sha256:${"a".repeat(64)}`, width: 900, height: 300, bytes: 6 };

/** Says what it was asked to make; as many bytes as it is told. */
function stage({ keptBytes = 10_000, each = 10 } = {}) {
  const made: { bytes: string; side: number; tenant: string | undefined }[] = [];
  let mayGoOn: Promise<void> = Promise.resolve();
  const make: MakeThumbnail = async (bytes, side, { tenant }) => {
    made.push({ bytes: Buffer.from(bytes).toString(), side, tenant });
    await mayGoOn;
    return { file: new Uint8Array(each), mediaType: "image/webp", width: side, height: 1 };
  };
  const pictures = {
    open: async function* () {
      yield Buffer.from("abc");
      yield Buffer.from("def");
    },
  };
  const hold = () => {
    let release = () => {};
    mayGoOn = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  };
  return { made, hold, thumbnails: new Thumbnails({ pictures, make, keptBytes }) };
}

it("M10: it is made once in the next of a few sizes, from the whole file, and kept", async () => {
  const { made, thumbnails } = stage();
  for (const size of [0, 256, 200, 129]) await thumbnails.get(picture, size, {});
  expect(made).toEqual([{ bytes: "abcdef", side: 256, tenant: undefined }]);
  for (const size of [1, 128, 257, 1024]) await thumbnails.get(picture, size, {});
  // No larger than the picture is.
  expect(made.map(({ side }) => side)).toEqual([256, 128, 512, 900]);
  await expect(thumbnails.get(picture, 1025, {})).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it("M10: who asks while it is made waits for the same, and a failure is not kept", async () => {
  const { made, hold, thumbnails } = stage();
  const release = hold();
  const both = [thumbnails.get(picture, 128, {}), thumbnails.get(picture, 128, {})];
  release();
  await Promise.all(both);
  expect(made.length).toBe(1);
  const failing = new Thumbnails({
    pictures: {
      open: async function* () {
        yield Buffer.from("abcdef");
      },
    },
    make: async () => {
      made.push({ bytes: "", side: 0, tenant: undefined });
      throw new Error("damaged");
    },
    keptBytes: 1000,
  });
  for (let turn = 0; turn < 2; turn++) await expect(failing.get(picture, 128, {})).rejects.toThrow("damaged");
  expect(made.length).toBe(3);
});

it("M10: tenants have theirs apart, and what is kept has a bound", async () => {
  const { made, thumbnails } = stage({ keptBytes: 2000, each: 400 });
  await thumbnails.get(picture, 128, { tenant: "acme" });
  await thumbnails.get(picture, 128, { tenant: "other" });
  await thumbnails.get(picture, 128, { tenant: "acme" });
  expect(made.map(({ tenant }) => tenant)).toEqual(["acme", "other"]);
  // A third one takes the room of the one that was asked for longest ago.
  await thumbnails.get(picture, 256, { tenant: "acme" });
  await thumbnails.get(picture, 128, { tenant: "other" });
  expect(made.length).toBe(4);
});

it("M10: of those that wait there are so many and no more", async () => {
  const { hold, thumbnails } = stage();
  const release = hold();
  const asks = Array.from({ length: 300 }, (_, at) => thumbnails.get({ ...picture, imageId: `sha256:${at}` }, 128, {}));
  const all = Promise.allSettled(asks);
  release();
  const refused = (await all).flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
  expect(new Set(refused)).toEqual(new Set([Code.RESOURCE_EXHAUSTED]));
  expect(refused.length).toBeGreaterThan(30);
});
