import fs, { fstatSync, readdirSync, readSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { expect, it, vi } from "vitest";
import { MemoryFile } from "./memory-file.js";

it.skipIf(process.platform !== "linux")("gives what was left in it, again and again, and has no name", async () => {
  const names = () => readdirSync("/dev/shm").filter((name) => name.startsWith("maskwire-")).length;
  const before = names();
  const file = MemoryFile.open() as MemoryFile;
  expect(names()).toBe(before);
  for (const first of [1, 5]) {
    const pixels = Uint8Array.from({ length: 200_000 }, (_, i) => (first + i) % 251);
    writeSync(file.descriptor, pixels, 0, pixels.byteLength, 0);
    const found = await file.read(pixels.byteLength);
    expect(found.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(Buffer.compare(found, pixels)).toBe(0);
  }
  await expect(file.read(200_001)).rejects.toThrow("fewer pixels");
  file.close();
});

it.skipIf(process.platform !== "linux")("is closed when what is being read is there, and once", async () => {
  const file = MemoryFile.open() as MemoryFile;
  writeSync(file.descriptor, Uint8Array.of(1, 2, 3));
  const reading = file.read(3);
  file.close();
  file.close();
  expect(fstatSync(file.descriptor).isFile()).toBe(true);
  expect([...(await reading)]).toEqual([1, 2, 3]);
});

it.skipIf(process.platform !== "linux")(
  "takes a file's parts from its beginning, and gives their memory back",
  async () => {
    const file = MemoryFile.open() as MemoryFile;
    for (const parts of [[Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)], [Uint8Array.of(9)]]) {
      await file.write(parts);
      const bytes = Buffer.concat(parts);
      const found = Buffer.alloc(bytes.byteLength);
      readSync(file.descriptor, found, 0, found.byteLength, 0);
      expect(found).toEqual(bytes);
      await file.empty();
      expect(fstatSync(file.descriptor).size).toBe(0);
    }
    file.close();
    await expect(file.write([Uint8Array.of(1)])).rejects.toThrow("closed");
  },
);

it.skipIf(process.platform !== "linux")(
  "cuts nothing off what is written while it is still being emptied",
  async () => {
    const file = MemoryFile.open() as MemoryFile;
    await file.write([Uint8Array.of(1, 2, 3)]);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { ftruncate } = fs;
    const late = vi.spyOn(fs, "ftruncate").mockImplementation(((
      descriptor: number,
      bytes: number,
      done: () => void,
    ) => {
      void released.then(() => ftruncate(descriptor, bytes, done));
    }) as never);
    syncBuiltinESMExports();
    try {
      const emptied = file.empty();
      const written = file.write([Uint8Array.of(4, 5, 6, 7)]);
      // Time enough to be written for one that does not wait.
      const turns = async () => {
        for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
      };
      await Promise.race([written, turns()]);
      release();
      await Promise.all([emptied, written]);
      expect(late).toHaveBeenCalledOnce();
      expect(fstatSync(file.descriptor).size).toBe(4);
    } finally {
      late.mockRestore();
      syncBuiltinESMExports();
    }
    file.close();
  },
);
