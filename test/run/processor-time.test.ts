import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { childrenSeconds } from "./processor-time.js";

it.skipIf(process.platform !== "linux")(
  "counts what a child and its own child have worked, once they have ended",
  () => {
    const before = childrenSeconds() ?? Number.NaN;
    spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; :"]);
    const alone = childrenSeconds() ?? Number.NaN;
    spawnSync("/bin/sh", ["-c", "(i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done); :"]);
    expect(alone).toBeGreaterThan(before);
    expect(childrenSeconds()).toBeGreaterThan(alone);
  },
);
