import { spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";
import { expect, it } from "vitest";
import { yieldCores } from "./yield-cores.js";

it("lets a process come after the others, however often it is asked, and takes what is gone or forbidden", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const pid = child.pid as number;
  const before = getPriority(pid);
  yieldCores(pid);
  expect(getPriority(pid)).toBe(Math.min(19, before + 10));
  yieldCores(pid);
  expect(getPriority(pid)).toBe(Math.min(19, before + 20));
  child.kill("SIGKILL");
  await once(child, "exit");
  yieldCores(pid);
});
