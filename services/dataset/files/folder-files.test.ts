import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { FolderFiles } from "./folder-files.js";
import { fileStoreContract } from "./testing/file-store-contract.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a folder", () => {
  fileStoreContract(() => new FolderFiles(join(folder, "contract")));
});

it("leaves files as plain files", async () => {
  await new FolderFiles(folder).put("pictures/ab/abc", [Buffer.from("a picture")]);
  expect(String(await readFile(join(folder, "pictures", "ab", "abc")))).toBe("a picture");
});

it("takes away what killed processes have left half written, and leaves what others write now", async () => {
  const own = join(folder, "swept");
  await mkdir(join(own, ".partial"), { recursive: true });
  for (const name of ["old", "new"]) await writeFile(join(own, ".partial", name), name);
  const longAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(join(own, ".partial", "old"), longAgo, longAgo);
  const files = new FolderFiles(own);
  await files.put("a", [Buffer.from("a")]);
  expect(await readdir(join(own, ".partial"))).toEqual(["new"]);
});

/** What a file system says, at the place where it would say it. */
function failing(code: string) {
  return (async function* () {
    yield Buffer.from("a");
    throw Object.assign(new Error(code), { code, syscall: "write" });
  })();
}

it.each([
  ["ENOSPC", Code.RESOURCE_EXHAUSTED, /no room left in .*Make room/],
  ["EDQUOT", Code.RESOURCE_EXHAUSTED, /no room left/],
  ["EIO", Code.UNAVAILABLE, /cannot use its folder .*EIO/],
  ["EROFS", Code.UNAVAILABLE, /EROFS/],
])("says in a sentence what a file system means by %s, and leaves nothing half written", async (code, status, text) => {
  const own = join(folder, code);
  const put = new FolderFiles(own).put("a/b", failing(code));
  await expect(put).rejects.toMatchObject({ code: status, message: expect.stringMatching(text) });
  expect(await readdir(join(own, ".partial"))).toEqual([]);
});

it("says so when its folder is none", async () => {
  await writeFile(join(folder, "file"), "");
  const put = new FolderFiles(join(folder, "file")).put("a", [Buffer.from("a")]);
  await expect(put).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});
