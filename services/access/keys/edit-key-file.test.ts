import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { editKeys, readKeys } from "./edit-key-file.js";
import type { KeyEntry } from "./key-file.js";

const entryOf = (id: string): KeyEntry => ({
  id,
  sha256: "ab".repeat(32),
  tenant: "acme",
  scopes: ["segment"],
  createdAt: 0,
});
const adding = (id: string) => (keys: KeyEntry[]) => [...keys, entryOf(id)];
const idsIn = async () => (await readKeys(path)).map(({ id }) => id);
const modeOf = () => statSync(path).mode & 0o777;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
  path = join(folder, "keys.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

it("makes the file for its owner alone, and leaves it what it was made", async () => {
  await editKeys(path, adding("one"));
  expect(modeOf()).toBe(0o600);
  chmodSync(path, 0o640);
  await editKeys(path, adding("two"));
  expect([modeOf(), await idsIn()]).toEqual([0o640, ["one", "two"]]);
  expect(readdirSync(folder)).toEqual(["keys.json"]);
});

it("loses nothing of several that write at once", async () => {
  const ids = Array.from({ length: 8 }, (_, at) => `k${at}`);
  await Promise.all(ids.map((id) => editKeys(path, adding(id))));
  expect((await idsIn()).sort()).toEqual(ids);
});

it("changes nothing when the edit is refused, and is free for the next", async () => {
  await editKeys(path, adding("one"));
  const refusing = editKeys(path, () => {
    throw new Error("no");
  });
  await expect(refusing).rejects.toThrow("no");
  await editKeys(path, adding("two"));
  expect(await idsIn()).toEqual(["one", "two"]);
});

it("writes to what a link names, and leaves the link", async () => {
  const link = join(folder, "link.json");
  await editKeys(path, adding("one"));
  symlinkSync("keys.json", link);
  await editKeys(link, adding("two"));
  expect(await idsIn()).toEqual(["one", "two"]);
});

it.each([
  ["no JSON at all", /keys\.json is no file of keys: it is not JSON/],
  ['{"keys":[{}]}', /keys\.json is no file of keys: entry 1/],
])("leaves what is no file of keys as it is: %s", async (text, sentence) => {
  writeFileSync(path, text);
  await expect(editKeys(path, adding("one"))).rejects.toThrow(sentence);
  await expect(readKeys(path)).rejects.toThrow(sentence);
  expect(existsSync(`${path}.lock`)).toBe(false);
});

it("says what is missing", async () => {
  await expect(readKeys(path)).rejects.toThrow(/^There is no .*keys\.json/);
  await expect(editKeys(join(folder, "none", "keys.json"), adding("one"))).rejects.toThrow(/no folder for it\.$/);
});

it("a lock that nobody holds any more is named", async () => {
  writeFileSync(`${path}.lock`, "");
  await expect(editKeys(path, adding("one"))).rejects.toThrow(`remove ${path}.lock.`);
});
