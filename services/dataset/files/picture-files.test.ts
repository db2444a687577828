import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { imageIdOf } from "../../runtime/image-id.js";
import { FolderFiles } from "./folder-files.js";
import { exportKey, importKey } from "./keys.js";
import { PictureFiles } from "./picture-files.js";

const file = Buffer.from("a picture");
const imageId = imageIdOf(file);
const size = { width: 4, height: 3 };
const tenants = [undefined, "acme", "acme-2"];

let folder: string;
let files: FolderFiles;
let pictures: PictureFiles;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-pictures-"));
  files = new FolderFiles(folder);
  pictures = new PictureFiles(files);
});
afterEach(() => rm(folder, { recursive: true }));

const isThere = async (tenant: string | undefined) => (await pictures.describe({ tenant, imageId })) !== undefined;

it.each(tenants)("are there for their tenant alone: %s", async (owner) => {
  await pictures.add({ tenant: owner, imageId }, [file], size);
  for (const tenant of tenants) expect(await isThere(tenant)).toBe(tenant === owner);
  for await (const chunk of pictures.open({ tenant: owner, imageId })) expect(String(chunk)).toBe("a picture");
  expect(await pictures.bytesOf({ tenant: owner, imageId })).toBe(9);
  expect(await pictures.describe({ tenant: owner, imageId })).toEqual(size);
});

it.each(tenants)("go with their tenant, imports and exports too, and nobody else's go: %s", async (gone) => {
  for (const tenant of tenants) {
    await pictures.add({ tenant, imageId }, [file], size);
    for (const key of [importKey(tenant, "job"), exportKey(tenant, "job")]) await files.put(key, [file]);
  }
  await pictures.deleteAll(gone);
  for (const tenant of tenants) {
    expect(await isThere(tenant)).toBe(tenant !== gone);
    for (const key of [importKey(tenant, "job"), exportKey(tenant, "job")]) {
      expect(await files.bytesOf(key)).toBe(tenant === gone ? undefined : 9);
    }
  }
});

it("are not there before all of them is, nor after the first of them is gone", async () => {
  const other = imageIdOf(Buffer.from("another"));
  const add = pictures.add({ tenant: undefined, imageId: other }, [file], size);
  await expect(add).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(await pictures.describe({ tenant: undefined, imageId: other })).toBeUndefined();
  await pictures.add({ tenant: undefined, imageId }, [file], size);
  await pictures.delete({ tenant: undefined, imageId });
  expect(await isThere(undefined)).toBe(false);
  expect(await readdir(join(folder, "pictures")).catch(() => [])).toEqual([]);
});
