import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readKey } from "./read-key.js";

const folder = mkdtempSync(join(tmpdir(), "key-"));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterAll(() => rmSync(folder, { recursive: true }));
const url = "https://example.org/maskwire";

it("comes from the file, or else as it is given, without the line break that files end with", async () => {
  const path = file("key", "mw_ann_secret\n");
  expect(await readKey(url, path)).toBe("mw_ann_secret");
  expect(await readKey(url, path, "other")).toBe("mw_ann_secret");
  expect(await readKey(url, undefined, " given ")).toBe("given");
  expect(await readKey(url, "", "")).toBeUndefined();
});

it("is told what is wrong with, and not what it is", async () => {
  await expect(readKey(url, join(folder, "none"))).rejects.toThrow(/none cannot be read/);
  await expect(readKey(url, file("empty", "\n"))).rejects.toThrow(/is empty/);
  await expect(readKey(url, file("two", "hunter2\nhunter2"))).rejects.toThrow(/two holds is no key: it is one word\.$/);
  await expect(readKey(url, undefined, "hunter2 hunter2")).rejects.toThrow(/^What MASKWIRE_KEY holds is no key/);
});

it("does not go together with a password", async () => {
  await expect(readKey("http://user:password@example.org", undefined, "key")).rejects.toMatchObject({ exitCode: 2 });
  expect(await readKey("http://user:password@example.org")).toBeUndefined();
});
