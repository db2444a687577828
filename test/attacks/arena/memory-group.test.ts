import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { MemoryGroup } from "./memory-group.js";

const MiB = 2 ** 20;
const limitMiB = 128;

async function canMake(): Promise<boolean> {
  try {
    await new MemoryGroup(limitMiB * MiB)[Symbol.asyncDispose]();
    return true;
  } catch {
    return false;
  }
}

/** Runs Node in a group of its own. */
async function runIn(code: string) {
  const group = new MemoryGroup(limitMiB * MiB);
  try {
    const [program = "", ...args] = [...group.launcher, process.execPath, "-e", code];
    const { signal, stdout } = spawnSync(program, args, { encoding: "utf8" });
    return { signal, stdout, kills: group.kills, mostMiB: group.mostBytes / MiB };
  } finally {
    await group[Symbol.asyncDispose]();
  }
}

describe.skipIf(!(await canMake()))("a group with a limit of memory", () => {
  it("ends who takes more, and counts it", async () => {
    const { signal, kills, mostMiB } = await runIn(`Buffer.alloc(${2 * limitMiB * MiB}, 1)`);
    expect({ signal, kills, mostMiB }).toEqual({ signal: "SIGKILL", kills: 1, mostMiB: limitMiB });
  });

  it("counts those that a process starts, too", async () => {
    const child = `require("node:child_process").spawnSync(process.execPath, ["-e", "Buffer.alloc(${2 * limitMiB * MiB}, 1)"])`;
    const { stdout, kills } = await runIn(`console.log(${child}.signal)`);
    expect({ stdout, kills }).toEqual({ stdout: "SIGKILL\n", kills: 1 });
  });

  it("is there until the last of them has ended", async () => {
    const idle = 'require("node:child_process").spawn("sleep", ["0.2"], { stdio: "ignore" }).unref()';
    expect(await runIn(idle)).toMatchObject({ signal: null, kills: 0 });
  });

  it("is what Node takes the memory of its container to be", async () => {
    const { stdout, kills } = await runIn("console.log(process.constrainedMemory())");
    expect({ stdout, kills }).toEqual({ stdout: `${limitMiB * MiB}\n`, kills: 0 });
  });
});
