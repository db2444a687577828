import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { processorTime, workedSince } from "./processor-time.js";

describe.skipIf(process.platform !== "linux")("processor time", () => {
  it("counts what a child and its own child have worked, once they have ended", () => {
    const children = () => processorTime()?.children ?? Number.NaN;
    const before = children();
    spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; :"]);
    const alone = children();
    spawnSync("/bin/sh", ["-c", "(i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done); :"]);
    expect(alone).toBeGreaterThan(before);
    expect(children()).toBeGreaterThan(alone);
  });

  it("counts this process's own work", () => {
    const before = processorTime();
    let sum = 0;
    while (workedSince(before) === 0) for (let i = 0; i < 1e6; i++) sum += i;
    expect(sum).toBeGreaterThan(0);
    expect(workedSince(before)).toBeGreaterThan(0);
  });

  it("is not known where it was not before", () => {
    expect(workedSince(undefined)).toBeUndefined();
  });
});
