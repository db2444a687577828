import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What the kernel's two versions of control groups call the same things; `line` of /proc/self/cgroup tells the group that one is in. */
const versions = [
  {
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.+)$/m,
    root: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    most: "memory.max_usage_in_bytes",
    events: "memory.oom_control",
  },
  {
    line: /^0::(.+)$/m,
    root: "/sys/fs/cgroup",
    limit: "memory.max",
    most: "memory.peak",
    events: "memory.events",
  },
] as const;

/** The kernel tells nobody that a group has become empty: it is looked at. */
const lookMs = 20;
const mostEndMs = 10_000;

/** A control group with a limit of memory, within this process's own: what a container is to the kernel. */
export class MemoryGroup implements AsyncDisposable {
  readonly #folder: string;
  readonly #version: (typeof versions)[number];

  /** @throws Error where this process may make none, or none that limits memory. */
  constructor(limitBytes: number) {
    const own = readFileSync("/proc/self/cgroup", "utf8");
    for (const version of versions) {
      const path = version.line.exec(own)?.[1];
      if (path === undefined || !existsSync(join(version.root, path))) continue;
      const folder = join(version.root, path, `maskwire-${randomBytes(6).toString("hex")}`);
      if (!tryMake(folder, version.limit, limitBytes)) continue;
      this.#folder = folder;
      this.#version = version;
      return;
    }
    throw new Error(
      "No control group with a limit of memory can be made here: that takes root, and a writable /sys/fs/cgroup.",
    );
  }

  /** A command that runs a program in the group, with all that it starts, under the same process id. */
  get launcher(): readonly string[] {
    return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', join(this.#folder, "cgroup.procs")];
  }

  /** The most that it has held, files that the kernel keeps for it included. */
  get mostBytes(): number {
    return Number(this.#read(this.#version.most));
  }

  /** Processes that the kernel has ended for want of memory. */
  get kills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(this.#read(this.#version.events))?.[1] ?? 0);
  }

  /** What its first process has started may end a moment after it. @throws Error when it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    const until = performance.now() + mostEndMs;
    while (performance.now() < until && this.#read("cgroup.procs") !== "") await sleep(lookMs);
    rmdirSync(this.#folder);
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), "utf8");
  }
}

function tryMake(folder: string, limit: string, limitBytes: number): boolean {
  try {
    mkdirSync(folder);
  } catch {
    return false;
  }
  try {
    // Version 2 has no such file where memory is not delegated.
    writeFileSync(join(folder, limit), `${limitBytes}`, { flag: "r+" });
    return true;
  } catch {
    rmdirSync(folder);
    return false;
  }
}
