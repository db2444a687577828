import { expect, it, vi } from "vitest";
import { Code } from "../../runtime/errors.js";
import type { PictureFile } from "../../stores/image-record.js";
import { storedPicture, uploadedPicture } from "./picture-source.js";

const picture = { tenant: undefined, imageId: `sha256:${"a".repeat(64)}` };

it("stores an upload once it has turned out to be a picture, and holds it once", async () => {
  const set = vi.fn(async (..._stored: unknown[]) => true);
  const chunks = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const source = uploadedPicture({ set }, picture, chunks, "me");
  expect(await source.file()).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expect(set).not.toHaveBeenCalled();
  await source.isPicture({ width: 4, height: 3 });
  expect(chunks).toEqual([]);
  const [id, file, size, owner] = set.mock.calls[0] ?? [];
  expect([id, size, owner]).toEqual([picture, { width: 4, height: 3 }, "me"]);
  expect([...(file as PictureFile).bytes]).toEqual([1, 2, 3]);
});

it("has a stored picture's file, and says why not where it is not there", async () => {
  const file = Uint8Array.of(1);
  const found = storedPicture({ get: async () => ({ width: 1, height: 1, file }) }, picture, () => true);
  expect(await found.file()).toEqual([file]);
  const get = async () => undefined;
  await expect(storedPicture({ get }, picture, () => true).file()).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    reason: undefined,
  });
  await expect(storedPicture({ get }, picture, () => false).file()).rejects.toMatchObject({ reason: "CACHE_LOST" });
});
