import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Unreadable } from "../formats/parse/unreadable.js";
import type { Source } from "../formats/types.js";
import { fileBytes } from "./file-bytes.js";
import { FolderSink } from "./folder-sink.js";
import { openFolder } from "./folder-source.js";
import { type HandMadeEntry, handMadeZip } from "./testing/hand-made-zip.js";
import { zipped } from "./zip-sink.js";
import { openZip, type RandomAccess } from "./zip-source.js";

const made = new Date("2026-11-30T12:00:00Z");

async function wholeOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const textIn = async (source: Source, path: string) => (await wholeOf(source.open(path))).toString();
const pathsIn = ({ files }: Source) => files.map(({ path }) => path);

/** In pieces of a few bytes, and told what was read. */
function inMemory(bytes: Buffer, reads: [number, number][] = []): RandomAccess {
  return {
    bytes: bytes.length,
    async *read(start, end) {
      reads.push([start, end]);
      for (let at = start; at < end; at += 7) yield bytes.subarray(at, Math.min(end, at + 7));
    },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-archive-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a zip", () => {
  it("has the files that were written, and none is packed that is packed already", async () => {
    let archive: Buffer = Buffer.alloc(0);
    const text = "x".repeat(100_000);
    const outcome = await zipped(
      made,
      async (sink) => {
        await sink.write("a/b.txt", [Buffer.from(text)]);
        await sink.write("猫.jpg", [Buffer.from("one"), Buffer.from("two")]);
        return "written";
      },
      async (chunks) => {
        archive = await wholeOf(chunks);
      },
    );
    expect(outcome).toBe("written");
    expect(archive.length).toBeLessThan(1000);
    expect(archive.includes("onetwo")).toBe(true);
    const path = join(folder, "a.zip");
    await writeFile(path, archive);
    const source = await openZip(await fileBytes(path));
    expect(source.files).toEqual([
      { path: "a/b.txt", bytes: text.length },
      { path: "猫.jpg", bytes: 6 },
    ]);
    expect(await textIn(source, "a/b.txt")).toBe(text);
    expect(await textIn(source, "猫.jpg")).toBe("onetwo");
    // As often as it is asked.
    expect(await textIn(source, "猫.jpg")).toBe("onetwo");
  });

  it("is read at the pace of whoever reads it", async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        // What no packer makes smaller.
        yield Buffer.from(Array.from({ length: 2 ** 16 }, (_, at) => (at * at * given * 2_654_435_761) >>> 13));
      }
    }
    const reading = zipped(
      made,
      (sink) => sink.write("endless.bin", endless()),
      async (chunks) => {
        for await (const _ of chunks) throw new Error("the disk is full");
      },
    );
    await expect(reading).rejects.toThrow("the disk is full");
    expect(given).toBeLessThan(20);
  });

  it("fails for its reader when its writer fails, instead of looking whole", async () => {
    let read: unknown;
    const writing = zipped(
      made,
      async (sink) => {
        await sink.write("a.txt", [Buffer.from("a")]);
        async function* broken() {
          yield Buffer.from("b");
          throw new Error("the database has gone");
        }
        await sink.write("b.txt", broken());
      },
      async (chunks) => {
        read = await wholeOf(chunks).catch((error: Error) => error.message);
      },
    );
    await expect(writing).rejects.toThrow("the database has gone");
    expect(read).toBe("the database has gone");
  });

  it("is listed by few reads of a store, however many files it has", async () => {
    const entries = Array.from({ length: 2000 }, (_, at) => ({ name: `labels/${at}.txt`, content: `${at}` }));
    const reads: [number, number][] = [];
    const source = await openZip(inMemory(handMadeZip(entries), reads));
    expect(source.files).toHaveLength(2000);
    expect(reads.length).toBeLessThan(5);
    expect(await textIn(source, "labels/1234.txt")).toBe("1234");
  });

  it.each<[string, HandMadeEntry, string]>([
    ["leads out of it", { name: "../../etc/passwd", content: "x" }, "leads out of the archive"],
    ["leads out of it by backslashes", { name: "..\\..\\evil.txt", content: "x" }, "leads out of the archive"],
    ["is absolute", { name: "/etc/passwd", content: "x" }, "leads out of the archive"],
    ["is of a disk", { name: "C:\\evil.txt", content: "x" }, "leads out of the archive"],
    ["is an archive itself", { name: "more.zip", content: "x" }, "not opened"],
    ["is encrypted", { name: "a.txt", content: "twelve and one", flags: 1, unpacked: 2 }, "encrypted"],
    ["is packed unusually", { name: "a.txt", content: "x", method: 14 }, "few programs know"],
  ])("leaves out a file that %s, and reads the others", async (_name, entry, sentence) => {
    const source = await openZip(inMemory(handMadeZip([entry, { name: "good.txt", content: "good" }])));
    expect(pathsIn(source)).toEqual(["good.txt"]);
    expect(source.problems).toMatchObject([{ kind: "problem", line: 0, reason: expect.stringContaining(sentence) }]);
    expect(await textIn(source, "good.txt")).toBe("good");
  });

  it("reads the first of two files of one name, and nothing that systems leave behind", async () => {
    const names = ["__MACOSX/._a.txt", "a/.DS_Store", "a/Thumbs.db", "a/", ".git/config"];
    const left = names.map((name) => ({ name, content: "" }));
    const entries = [...left, { name: "a.txt", content: "first" }, { name: "a.txt", content: "second" }];
    const source = await openZip(inMemory(handMadeZip(entries)));
    expect(pathsIn(source)).toEqual(["a.txt"]);
    expect(await textIn(source, "a.txt")).toBe("first");
    expect(source.problems.map(({ file }) => file)).toEqual(["a.txt"]);
  });

  it.each<[string, Buffer, string]>([
    ["said", Buffer.from("猫.txt"), "猫.txt"],
    ["not said", Buffer.from("é.txt"), "é.txt"],
    ["DOS's", Buffer.from([0x82, 0x2e, 0x74, 0x78, 0x74]), "é.txt"],
  ])("reads names in UTF-8, %s, or DOS's letters", async (_name, name, read) => {
    expect(pathsIn(await openZip(inMemory(handMadeZip([{ name, content: "" }]))))).toEqual([read]);
  });

  const zeros = deflateRawSync(Buffer.alloc(2 ** 20));
  it.each<[string, Buffer, object]>([
    ["unpacks to far more", handMadeZip([{ name: "a", content: zeros, method: 8, unpacked: 2 ** 20 }]), {}],
    ["claims to be small", handMadeZip([{ name: "a", content: zeros, method: 8, unpacked: 100 }]), {}],
    ["has too many files", handMadeZip([1, 2, 3].map((n) => ({ name: `${n}`, content: "" }))), { maxFiles: 2 }],
    ["is too large unpacked", handMadeZip([{ name: "a", content: "x".repeat(2000) }]), { maxBytes: 1000 }],
    [
      "has files that share bytes",
      handMadeZip([1, 2, 3].map((n) => ({ name: `${n}`, content: "y".repeat(300), at: 0 }))),
      {},
    ],
    ["is none", Buffer.from("not a zip at all, but long enough to have an end"), {}],
    ["is empty", Buffer.alloc(0), {}],
    ["is cut off", handMadeZip([{ name: "a", content: "x" }]).subarray(0, -8), {}],
  ])("that %s is refused in a sentence", async (_name, bytes, limits) => {
    const all = { maxFiles: 1000, maxBytes: 2 ** 30, maxRatio: 100, freeBytes: 2 ** 16, ...limits };
    const reading = (async () => {
      const source = await openZip(inMemory(bytes), all);
      for (const path of pathsIn(source)) await wholeOf(source.open(path));
    })();
    await expect(reading).rejects.toThrow(Unreadable);
    await expect(reading).rejects.toThrow(/^[A-Z].*\.$|^a is damaged/);
  });

  it("says that a file is damaged, and reads the others", async () => {
    const entries = [
      { name: "bad.txt", content: "no deflate at all", method: 8, unpacked: 50 },
      { name: "good.txt", content: "good" },
    ];
    const source = await openZip(inMemory(handMadeZip(entries)));
    await expect(textIn(source, "bad.txt")).rejects.toThrow(/bad\.txt is damaged in the archive/);
    expect(await textIn(source, "good.txt")).toBe("good");
  });

  it("fails as its store fails, which a repeat may mend", async () => {
    const archive = handMadeZip([{ name: "a.txt", content: "x" }]);
    const lost = new Error("the store cannot be asked");
    let isLost = false;
    const memory = inMemory(archive);
    const source = await openZip({
      bytes: archive.length,
      async *read(start, end) {
        if (isLost) throw lost;
        yield* memory.read(start, end);
      },
    });
    isLost = true;
    await expect(textIn(source, "a.txt")).rejects.toBe(lost);
    isLost = false;
    expect(await textIn(source, "a.txt")).toBe("x");
  });
});

describe("a folder", () => {
  it("is written whole or not, and read without what is left behind and where links lead", async () => {
    const sink = new FolderSink(folder);
    await sink.write("one/two.txt", [Buffer.from("2")]);
    await sink.write("../../up.txt", [Buffer.from("up")]);
    async function* broken() {
      yield Buffer.from("b");
      throw new Error("the database has gone");
    }
    await expect(sink.write("broken.txt", broken())).rejects.toThrow("gone");
    await sink.finish();
    await writeFile(join(folder, ".DS_Store"), "");
    await symlink("/etc/passwd", join(folder, "link.txt"));
    const source = await openFolder(folder);
    expect(source.files).toEqual([
      { path: "one/two.txt", bytes: 1 },
      { path: "up.txt", bytes: 2 },
    ]);
    expect(await textIn(source, "one/two.txt")).toBe("2");
    expect(await readFile(join(folder, "up.txt"), "utf8")).toBe("up");
    expect(() => source.open("../passwd")).toThrow();
  });
});
