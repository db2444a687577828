import { expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { type MakeThumbnail, Thumbnails } from "./thumbnails.js";

const picture = { imageId: `sha256:${"a".repeat(64)}`, width: 900, height: 300, bytes: 6 };

/** Of somebody who stays. */
const staying = () => new AbortController().signal;

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
  for (const size of [0, 256, 200, 129]) await thumbnails.get(picture, size, {}, staying());
  expect(made).toEqual([{ bytes: "abcdef", side: 256, tenant: undefined }]);
  for (const size of [1, 128, 257, 1024]) await thumbnails.get(picture, size, {}, staying());
  // No larger than the picture is.
  expect(made.map(({ side }) => side)).toEqual([256, 128, 512, 900]);
  await expect(thumbnails.get(picture, 1025, {}, staying())).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

it("M10: who asks while it is made waits for the same, and a failure is not kept", async () => {
  const { made, hold, thumbnails } = stage();
  const release = hold();
  const both = [thumbnails.get(picture, 128, {}, staying()), thumbnails.get(picture, 128, {}, staying())];
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
  for (let turn = 0; turn < 2; turn++)
    await expect(failing.get(picture, 128, {}, staying())).rejects.toThrow("damaged");
  expect(made.length).toBe(3);
});

it("M10: tenants have theirs apart, and what is kept has a bound", async () => {
  const { made, thumbnails } = stage({ keptBytes: 2000, each: 400 });
  await thumbnails.get(picture, 128, { tenant: "acme" }, staying());
  await thumbnails.get(picture, 128, { tenant: "other" }, staying());
  await thumbnails.get(picture, 128, { tenant: "acme" }, staying());
  expect(made.map(({ tenant }) => tenant)).toEqual(["acme", "other"]);
  // A third one takes the room of the one that was asked for longest ago.
  await thumbnails.get(picture, 256, { tenant: "acme" }, staying());
  await thumbnails.get(picture, 128, { tenant: "other" }, staying());
  expect(made.length).toBe(4);
});

it("M10: of those that wait there are so many and no more", async () => {
  const { hold, thumbnails } = stage();
  const release = hold();
  const asks = Array.from({ length: 300 }, (_, at) =>
    thumbnails.get({ ...picture, imageId: `sha256:${at}` }, 128, {}, staying()),
  );
  const all = Promise.allSettled(asks);
  release();
  const refused = (await all).flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
  expect(new Set(refused)).toEqual(new Set([Code.RESOURCE_EXHAUSTED]));
  expect(refused.length).toBeGreaterThan(30);
});

const many = (count: number, of: string) =>
  Array.from({ length: count }, (_, at) => ({ ...picture, imageId: `sha256:${of}${at}` }));

it("M10: a tenant that waits for many has others neither refused nor wait behind all of them", async () => {
  const { made, hold, thumbnails } = stage();
  const release = hold();
  const first = many(300, "a").map((one) => thumbnails.get(one, 128, { tenant: "acme", caller: "ann" }, staying()));
  const asks = Promise.allSettled(first);
  const other = thumbnails.get(picture, 128, { tenant: "other", caller: "ben" }, staying());
  release();
  await other;
  expect(made.slice(0, 5).map(({ tenant }) => tenant)).toContain("other");
  expect((await asks).map(({ status }) => status)).toContain("rejected");
});

it("M10: what waits is not made once all who asked for it have left, and is for who stays", async () => {
  const { made, hold, thumbnails } = stage();
  const release = hold();
  const busy = many(2, "a").map((one) => thumbnails.get(one, 128, {}, staying()));
  const leaving = new AbortController();
  const [left, shared] = many(2, "b") as [typeof picture, typeof picture];
  const gone = [left, left, shared].map((one) => thumbnails.get(one, 128, {}, leaving.signal));
  const stays = thumbnails.get(shared, 128, {}, staying());
  leaving.abort(new Error("left"));
  const reasons = (await Promise.allSettled(gone)).map((one) => one.status === "rejected" && one.reason.message);
  expect(reasons).toEqual(["left", "left", "left"]);
  release();
  await Promise.all([...busy, stays]);
  expect(made).toHaveLength(3);
  // Whoever comes after those who left begins anew.
  await thumbnails.get(left, 128, {}, staying());
  expect(made).toHaveLength(4);
});
