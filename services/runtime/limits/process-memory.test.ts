import { spawnSync } from "node:child_process";
import { totalmem } from "node:os";
import { expect, it } from "vitest";
import { heapLimitBytes, memoryLimitBytes } from "./process-memory.js";

const MiB = 1024 * 1024;

it("takes no more memory than the machine has", () => {
  expect(memoryLimitBytes()).toBeGreaterThan(0);
  expect(memoryLimitBytes()).toBeLessThanOrEqual(totalmem());
});

it.each([100, 256, 512, 2048])("knows the heap that --max-old-space-size=%i leaves", (mebibytes) => {
  const script = "process.stdout.write(String(require('node:v8').getHeapStatistics().heap_size_limit))";
  const { stdout } = spawnSync(process.execPath, [`--max-old-space-size=${mebibytes}`, "-e", script], {
    encoding: "utf8",
  });
  expect(heapLimitBytes({ heap_size_limit: Number(stdout) })).toBe(mebibytes * MiB);
});
