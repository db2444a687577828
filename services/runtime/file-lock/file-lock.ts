import { randomUUID } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../error-code.js";
import { livelinessOf, type ProcessLife, thisLife } from "./process-life.js";

/** How often whoever holds a lock says that it lives. */
const beatMs = 1000;
/** One that says nothing for so long, while somebody watches, is dead: it may be of another machine or container, whose processes nobody sees from here. */
const silentMs = 8000;
/** One that has said nothing for so long by the clocks is not watched first; one whose process is seen to live may hang, and is none the deader. */
const staleMs = 30_000;
/** Taking a dead one's lock away is a matter of a few calls of the system. */
const clearingMs = 20;

interface Holder extends ProcessLife {
  host: string;
  token: string;
}

interface LockOptions {
  /** What is thrown when somebody has it. @param who "process 12 on that-machine", or "another process". */
  readonly taken: (who: string) => Error;
  /** Ends the waiting for a lock that may be a dead one's. */
  readonly signal: AbortSignal;
  readonly paces?: { readonly beatMs: number; readonly silentMs: number };
}

export interface FileLock {
  /** Aborts where another took it for dead, as after a machine's sleep. */
  readonly lost: AbortSignal;
  /** Looks at this moment: one that has slept learns by `lost` only after a while. @throws what `taken` makes of who has it now. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * The right to write a file alone, among all processes that see its folder. One whose holder is dead is free: at once where that
 * is plain, else once it has been watched for some seconds.
 * @param path of the lock. @throws what `taken` makes of who has it; the signal's reason.
 */
export async function takeLock(path: string, options: LockOptions): Promise<FileLock> {
  const { paces = { beatMs, silentMs } } = options;
  const mine: Holder = { ...thisLife(), host: hostname(), token: randomUUID() };
  while (!(await tryCreate(path, mine))) {
    const found = await read(path);
    if (!found) continue;
    const { holder, identity } = found;
    const life = found.life === "unknown" ? await watched(path, identity, { ...options, paces }) : found.life;
    if (life === "gone") continue;
    if (life === "alive") {
      throw options.taken(describe(holder));
    }
    options.signal.throwIfAborted();
    await clear(path, identity, mine);
  }
  const lost = new AbortController();
  const check = async () => {
    const found = await read(path);
    if (found?.holder?.token !== mine.token) lost.abort(options.taken(describe(found?.holder)));
    lost.signal.throwIfAborted();
  };
  const beat = setInterval(() => {
    // Of a file that cannot be read now nothing is known: the next beat asks again.
    check().then(
      () => utimes(path, new Date(), new Date()).catch(() => {}),
      () => {},
    );
  }, paces.beatMs);
  beat.unref();
  return {
    lost: lost.signal,
    check,
    async release() {
      clearInterval(beat);
      if ((await read(path))?.holder?.token === mine.token) await rm(path, { force: true });
    },
  };
}

const describe = (holder: Holder | undefined) =>
  holder ? `process ${holder.pid} on ${holder.host}` : "another process";

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
    const seen = holder ? livelinessOf(holder) : "unknown";
    const life = seen === "unknown" && Date.now() - mtimeMs > staleMs ? "dead" : seen;
    return { holder, life, identity: `${ino} ${mtimeMs} ${text}` };
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

/** Looks until its holder says that it lives, or has been silent for too long. */
async function watched(path: string, identity: string, { signal, paces }: Required<LockOptions>) {
  const until = performance.now() + paces.silentMs;
  while (performance.now() < until) {
    await sleep(paces.beatMs, undefined, { signal });
    const now = await read(path);
    if (!now) return "gone";
    if (now.identity !== identity) return "alive";
  }
  return "dead";
}

/** Takes a dead one's lock away, one process at a time: none takes away what another has taken since. */
async function clear(path: string, dead: string, mine: Holder): Promise<void> {
  const right = `${path}.clearing`;
  if (!(await tryCreate(right, mine))) {
    if ((await read(right))?.life === "dead") await rm(right, { force: true });
    await sleep(clearingMs);
    return;
  }
  try {
    if ((await read(path))?.identity === dead) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}
