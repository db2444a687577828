import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Code } from "../../../runtime/errors.js";
import type { Chunks, FileStore } from "../file-store.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function whole(chunks: Chunks): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** What every file store does, whatever is behind it. @param open each gives one over the same files. */
export function fileStoreContract(open: () => Promise<FileStore> | FileStore): void {
  let store: FileStore;
  /** Of this test alone. */
  let at: string;
  beforeEach(async () => {
    store = await open();
    at = `test/${randomBytes(8).toString("hex")}`;
  });
  afterEach(() => store[Symbol.asyncDispose]());

  const keys = async (prefix: string) => {
    const found: string[] = [];
    for await (const key of store.list(prefix)) found.push(key);
    return found.sort();
  };

  it("gives back what it was given, whole and in part, to whoever opens the same files", async () => {
    const bytes = randomBytes(1_000_000);
    expect(await store.put(`${at}/a`, [bytes.subarray(0, 10), bytes.subarray(10)])).toBe(bytes.length);
    await using other = await open();
    expect((await whole(other.get(`${at}/a`))).equals(bytes)).toBe(true);
    expect((await whole(other.get(`${at}/a`, { start: 3, end: 9 }))).equals(bytes.subarray(3, 9))).toBe(true);
    expect((await whole(other.get(`${at}/a`, { start: 999_990 }))).equals(bytes.subarray(999_990))).toBe(true);
    expect((await whole(other.get(`${at}/a`, { start: 1_000_000 }))).length).toBe(0);
    expect(await other.bytesOf(`${at}/a`)).toBe(bytes.length);
  });

  it("keeps a file of nothing, and one of many parts", async () => {
    expect(await store.put(`${at}/empty`, [])).toBe(0);
    expect((await whole(store.get(`${at}/empty`))).length).toBe(0);
    const part = randomBytes(1_000_000);
    const hash = createHash("sha256");
    async function* parts() {
      for (let i = 0; i < 40; i++) {
        hash.update(part);
        yield part;
      }
    }
    expect(await store.put(`${at}/large`, parts())).toBe(40_000_000);
    expect(sha256(await whole(store.get(`${at}/large`)))).toBe(hash.digest("hex"));
  });

  it("says that a file is not there, and deletes it without a word", async () => {
    await expect(whole(store.get(`${at}/no`))).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect(await store.bytesOf(`${at}/no`)).toBeUndefined();
    await store.delete(`${at}/no`);
    await store.put(`${at}/a`, [Buffer.from("a")]);
    await store.delete(`${at}/a`);
    expect(await store.bytesOf(`${at}/a`)).toBeUndefined();
    expect(await keys(at)).toEqual([]);
  });

  it("replaces a file as a whole", async () => {
    await store.put(`${at}/a`, [Buffer.from("a longer one")]);
    await store.put(`${at}/a`, [Buffer.from("new")]);
    expect(String(await whole(store.get(`${at}/a`)))).toBe("new");
  });

  it.each([
    ["short", 10],
    ["in parts", 40_000_000],
  ])("keeps nothing of a file whose bytes are not those announced: %s", async (_name, length) => {
    const bytes = Buffer.alloc(length, 7);
    await store.put(`${at}/right`, [bytes], { sha256: sha256(bytes).toUpperCase() });
    const wrong = store.put(`${at}/wrong`, [bytes], { sha256: sha256(Buffer.from("other")) });
    await expect(wrong).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(await keys(at)).toEqual([`${at}/right`]);
  });

  it("keeps nothing of a file that breaks off, or that is no longer wanted", async () => {
    const kept = Buffer.from("kept");
    await store.put(`${at}/a`, [kept]);
    async function* broken() {
      yield randomBytes(100);
      throw new Error("the sender left");
    }
    await expect(store.put(`${at}/a`, broken())).rejects.toThrow("the sender left");
    const leaving = new AbortController();
    async function* unwanted() {
      yield randomBytes(100);
      leaving.abort();
      yield randomBytes(100);
    }
    await expect(store.put(`${at}/a`, unwanted(), { signal: leaving.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect((await whole(store.get(`${at}/a`))).equals(kept)).toBe(true);
    expect(await keys(at)).toEqual([`${at}/a`]);
  });

  it("lists what begins alike, in folders and without", async () => {
    for (const key of ["a/1", "a/2", "ab/3", "b"]) await store.put(`${at}/${key}`, [Buffer.from(key)]);
    expect(await keys(`${at}/a`)).toEqual([`${at}/a/1`, `${at}/a/2`, `${at}/ab/3`]);
    expect(await keys(`${at}/a/`)).toEqual([`${at}/a/1`, `${at}/a/2`]);
    expect(await keys(`${at}/c`)).toEqual([]);
  });

  it("takes no key that would lead elsewhere", async () => {
    for (const key of ["../a", "a/../../b", "/etc/passwd", "a//b", ".a", "a/.b", "", "a\\b", "a b", "a/"]) {
      await expect(store.put(key, [Buffer.from("x")]), key).rejects.toThrow("not a file's key");
      await expect(whole(store.get(key)), key).rejects.toThrow("not a file's key");
    }
  });
}
