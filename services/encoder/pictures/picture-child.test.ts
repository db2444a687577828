import childProcess from "node:child_process";
import { EventEmitter } from "node:events";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { expect, it, vi } from "vitest";
import { PictureChild } from "./picture-child.js";
import type { FromProcess } from "./picture-protocol.js";

const confinement = { permissions: true, network: "shared", memory: "watched" } as const;
const limits = { maxImageBytes: 64 * 1024 * 1024, maxImagePixels: 1e8 };
const onLinux = it.skipIf(process.platform !== "linux");

/** The bytes of each file in memory that this process has open. */
function filesInMemory(): number[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    const path = `/proc/self/fd/${descriptor}`;
    try {
      return readlinkSync(path).startsWith("/dev/shm/maskwire-") ? [statSync(path).size] : [];
    } catch {
      // That of the folder itself.
      return [];
    }
  });
}

function start(onMessage: (message: FromProcess) => void = () => {}): PictureChild {
  const events = { onMessage, onNonsense: () => {}, onEnd: () => {} };
  return new PictureChild(confinement, { decodeBytes: 256 * 1024 * 1024 }, events);
}

onLinux("leaves no file open where the system has nothing to start a process with", async () => {
  const spawn = vi.spyOn(childProcess, "spawn");
  spawn.mockReturnValueOnce(new EventEmitter() as never).mockImplementationOnce(() => {
    throw new Error("EMFILE");
  });
  syncBuiltinESMExports();
  try {
    expect(() => start()).toThrow("no descriptors are left");
    expect(() => start()).toThrow("EMFILE");
  } finally {
    spawn.mockRestore();
    syncBuiltinESMExports();
  }
  await vi.waitFor(() => expect(filesInMemory()).toEqual([]));
});

onLinux("gives back the memory of a file that is no picture", async () => {
  const file = Buffer.alloc(1024 * 1024, "<html>");
  const heard: string[] = [];
  const child = start(({ kind }) => void heard.push(kind));
  await vi.waitFor(() => expect(heard).toEqual(["ready"]), { timeout: 30_000 });
  child.read({ limits, rules: { size: 64, resize: "letterbox" } }, [file]);
  await vi.waitFor(() => expect(heard).toEqual(["ready", "failed"]), { timeout: 30_000 });
  await vi.waitFor(() => expect(filesInMemory()).toEqual([0, 0]));
  await child.close();
});
