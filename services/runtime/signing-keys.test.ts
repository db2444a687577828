import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followSigningKeys, parseSigningKeys, readSigningKeys, type SigningKey } from "./signing-keys.js";
import { fakeLogger } from "./testing/fake-logger.js";

const hex = Buffer.alloc(32, 0xa7).toString("hex");
const base64 = Buffer.alloc(33, 0xfb).toString("base64");

describe("a file of keys", () => {
  it("holds one a line, in hex or base64, between comments and empty lines", () => {
    const url = Buffer.alloc(32, 0xff).toString("base64url");
    const keys = parseSigningKeys(`# ours\r\n\nfirst.1:${hex}\n  second-2: ${base64} \nthird_3:${url}\n`);
    expect(keys.map(({ id, secret }) => [id, secret.export().toString("hex")])).toEqual([
      ["first.1", hex],
      ["second-2", "fb".repeat(33)],
      ["third_3", "ff".repeat(32)],
    ]);
  });

  it("takes for hex what can be hex", () => {
    expect(parseSigningKeys(`a:${"ab".repeat(32)}`)[0]?.secret.symmetricKeySize).toBe(32);
  });

  it.each([
    ["", "no line of it holds a key"],
    ["# nothing\n", "no line of it holds a key"],
    [`a:${hex}\nno colon`, "line 2 has no colon between id and secret"],
    [`a:${hex}\na:${base64}`, "line 2 has the id of a line before it"],
    [`:${hex}`, "line 1 has an id that is not 1 to 16 letters, digits, . - and _"],
    [`seventeen-letters:${hex}`, "line 1 has an id that is not"],
    [`ä:${hex}`, "line 1 has an id that is not"],
    ["a:", "line 1 has a secret that is neither hex nor base64"],
    ["a:my secret pass phrase", "line 1 has a secret that is neither hex nor base64"],
    [`\n\na:${"ab".repeat(31)}`, "line 3 has a secret of 31 bytes; at least 32 are needed"],
    [Array.from({ length: 101 }, (_, index) => `k${index}:${hex}`).join("\n"), "line 101 is one more key than the 100"],
  ])("is refused by the line at fault: %j", (text, message) => {
    expect(() => parseSigningKeys(text)).toThrow(message);
  });

  it("is refused without a word of its secrets", () => {
    const secret = "correct horse battery staple";
    expect(() => parseSigningKeys(`${secret}`)).toThrow(expect.not.stringContaining("horse"));
    expect(() => parseSigningKeys(`a:${secret}`)).toThrow(expect.not.stringContaining("horse"));
  });
});

class Holder {
  ids: string[] = [];
  constructor(keys: readonly SigningKey[]) {
    this.replace(keys);
  }
  replace(keys: readonly SigningKey[]): void {
    this.ids = keys.map(({ id }) => id);
  }
}

const lineOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString("base64")}\n`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("takes over what is written to the file, keeps its keys while that cannot be used, and stops when it is closed", async () => {
  const path = join(folder, "keys");
  writeFileSync(path, lineOf("one"));
  const keys = new Holder(readSigningKeys(path).keys);
  const logger = fakeLogger();
  const follower = followSigningKeys(path, keys, logger);
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
  const keys = new Holder(readSigningKeys(path).keys);
  const follower = followSigningKeys(path, keys, fakeLogger());
  mount("..2", "two");
  await expect.poll(() => keys.ids).toEqual(["two"]);
  follower.close();
});
