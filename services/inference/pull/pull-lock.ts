import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, PullError } from "./pull-error.js";

/** How often whoever holds a lock says that it lives, and how long a silent one is believed: its folder may be another machine's too. */
const beatMs = 2000;
const staleMs = 30_000;
/** Taking a dead one's lock away is a matter of a few calls of the system. */
const clearingMs = 20;

interface Holder {
  pid: number;
  host: string;
  token: string;
}

interface PullLock {
  /** Aborts where another took it for dead, as after a machine's sleep. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * The right to write a file alone, among all processes that see its folder.
 * @param path of the lock. @param what it is for, in an error. @throws PullError naming who has it.
 */
export async function takeLock(path: string, what: string): Promise<PullLock> {
  const mine: Holder = { pid: process.pid, host: hostname(), token: randomUUID() };
  while (!(await tryCreate(path, mine))) {
    const found = await read(path);
    if (!found) continue;
    const { holder, isStale } = found;
    if (!isStale) {
      const who = holder ? `process ${holder.pid} on ${holder.host}` : "another process";
      throw new PullError(`${what} is being fetched by ${who} already: wait for it.`);
    }
    await clear(path, found.identity, mine);
  }
  const lost = new AbortController();
  const beat = setInterval(async () => {
    const found = await read(path).catch(() => "unread" as const);
    // Of a file that cannot be read now nothing is known: the next beat asks again.
    if (found === "unread") return;
    if (found?.holder?.token !== mine.token) lost.abort(new PullError(`${what} is being fetched by another process.`));
    else await utimes(path, new Date(), new Date()).catch(() => {});
  }, beatMs);
  beat.unref();
  return {
    lost: lost.signal,
    async release() {
      clearInterval(beat);
      if ((await read(path))?.holder?.token === mine.token) await rm(path, { force: true });
    },
  };
}

async function tryCreate(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function read(path: string) {
  try {
    const [text, { ino, mtimeMs }] = [await readFile(path, "utf8"), await stat(path)];
    const holder = parse(text);
    const isDead = holder?.host === hostname() && !isAlive(holder.pid);
    return { holder, identity: `${ino} ${mtimeMs} ${text}`, isStale: isDead || Date.now() - mtimeMs > staleMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // It is being written.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** Takes a dead one's lock away, one process at a time: none takes away what another has taken since. */
async function clear(path: string, dead: string, mine: Holder): Promise<void> {
  const right = `${path}.clearing`;
  if (!(await tryCreate(right, mine))) {
    if ((await read(right))?.isStale) await rm(right, { force: true });
    await sleep(clearingMs);
    return;
  }
  try {
    if ((await read(path))?.identity === dead) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}
