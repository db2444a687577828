import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { followKeyFile, readKeyFile } from "./follow-key-file.js";
import { SigningKeys } from "./signing-keys.js";

const lineOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString("base64")}\n`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("takes over what is written to the file, keeps its keys while that cannot be used, and stops when it is closed", async () => {
  const path = join(folder, "keys");
  writeFileSync(path, lineOf("one"));
  const keys = new SigningKeys(readKeyFile(path).keys);
  const logger = fakeLogger();
  const follower = followKeyFile(path, keys, logger);
  writeFileSync(path, lineOf("two") + lineOf("one"));
  await expect.poll(() => keys.ids).toEqual(["two", "one"]);
  writeFileSync(path, "two");
  await expect.poll(() => logger.lines.some(({ level }) => level === 50)).toBe(true);
  expect(keys.ids).toEqual(["two", "one"]);
  rmSync(path);
  writeFileSync(path, lineOf("three"));
  await expect.poll(() => keys.ids).toEqual(["three"]);
  follower.close();
});

it("sees a secret whose mount moves a link in place of the file", async () => {
  const path = join(folder, "keys");
  const mount = (version: string, id: string) => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "keys"), lineOf(id));
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  mount("..1", "one");
  symlinkSync(join("..data", "keys"), path);
  const keys = new SigningKeys(readKeyFile(path).keys);
  const follower = followKeyFile(path, keys, fakeLogger());
  mount("..2", "two");
  await expect.poll(() => keys.ids).toEqual(["two"]);
  follower.close();
});
