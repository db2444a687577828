import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ServiceError } from "../../../runtime/errors.js";
import { type FileLock, takeLock } from "../../../runtime/file-lock/file-lock.js";
import type { Logger } from "../../../runtime/logger.js";
import { type Account, checkReachable, serverAccount } from "./account.js";
import { endLeftover } from "./leftover.js";
import { parametersOf } from "./parameters.js";
import { preparePrograms } from "./prepare-programs.js";
import { installedPrograms, type Programs } from "./programs.js";
import { type Running, type RunningServer, runProgram, startServer } from "./start-server.js";

interface OwnServerOptions {
  /** All of it is the server's. */
  readonly folder: string;
  readonly logger: Logger;
  readonly programs?: Programs;
}

/** Its superuser: whoever can reach its socket is it. */
const user = "maskwire";
/** A socket's path is 103 bytes at most on macOS, 107 on Linux. */
const longestSocket = 103;
const socketName = "/.s.PGSQL.5432";
/** Of a lock that another machine or container may hold. */
const lockMs = 60_000;
/** After so long it is ended by force: what was committed is on the disk. */
const stopMs = 10_000;
/** Between its end that nobody asked for and the next try. */
const restartMs = 1000;

interface Parts {
  readonly server: RunningServer;
  readonly lock: FileLock;
  /** Another, of the same files. */
  readonly start: (unwanted: AbortSignal) => Promise<RunningServer>;
  readonly logger: Logger;
  readonly release: () => Promise<void>;
}

/**
 * A PostgreSQL server of this process's own: it ends when this process does, however that ends, and is started again when it alone
 * does. It ends too when another process has taken the folder, as from one that was stopped for a while: two would write its files.
 */
export class OwnServer {
  readonly url: string;
  /** Aborts when there is no server any more, and none will be; its reason says why. */
  readonly lost: AbortSignal;
  readonly #parts: Parts;
  readonly #unwanted = new AbortController();
  readonly #kept: Promise<void>;
  #server: RunningServer;
  #closing: Promise<void> | undefined;

  private constructor(url: string, parts: Parts) {
    this.url = url;
    this.lost = parts.lock.lost;
    this.#parts = parts;
    this.#server = parts.server;
    this.#kept = this.#keepUp();
    this.lost.addEventListener("abort", () => this.#giveUp());
    if (this.lost.aborted) this.#giveUp();
  }

  /** Makes it where there is none. @throws ServiceError saying why it cannot run, or who uses the folder. */
  static async start(options: OwnServerOptions): Promise<OwnServer> {
    try {
      return await OwnServer.#make(options);
    } catch (error) {
      throw error instanceof ServiceError ? error : startFault(error);
    }
  }

  static async #make({ folder, logger, programs = installedPrograms() }: OwnServerOptions): Promise<OwnServer> {
    const data = join(folder, "data");
    const account = serverAccount(data);
    makeFolder(folder, account);
    const lock = await takeLock(join(folder, "lock"), {
      taken: (who) => inUse(folder, who),
      signal: AbortSignal.timeout(lockMs),
    });
    const socket = socketFolder(folder, account);
    const release = async () => {
      if (socket !== folder) rmSync(socket, { recursive: true, force: true });
      await lock.release();
    };
    try {
      const running = { ...preparePrograms(programs, folder, account !== undefined), account, cwd: folder };
      const start = async (unwanted?: AbortSignal) => {
        await lock.check();
        if (!(await endLeftover(data))) throw inUse(folder, "a process whose database answers");
        const say = (line: string) => logger.debug({ line }, "the own database says");
        return startServer(running, parametersOf({ data, socket }), say, unwanted);
      };
      const isNew = await make(running, data);
      const server = await start();
      if (isNew) sync(running, data, logger);
      return new OwnServer(urlOf(socket), { server, lock, start, logger, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Orderly and bounded; safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#stop();
    await this.#parts.release();
  }

  /** By force: a server that ends in order writes files that are another's by now. */
  #giveUp(): void {
    this.#parts.logger.error(
      { err: this.lost.reason },
      "the own database is ended: its folder is another process's now",
    );
    this.#unwanted.abort();
    this.#server.kill();
  }

  /** Also one that is being started again at this moment. */
  async #stop(): Promise<void> {
    this.#unwanted.abort();
    this.#server.stop();
    const late = setTimeout(() => this.#server.kill(), stopMs);
    await this.#kept;
    clearTimeout(late);
  }

  /** Until it is not wanted any more, and has ended. */
  async #keepUp(): Promise<void> {
    const { logger } = this.#parts;
    for (;;) {
      const code = await this.#server.ended;
      if (this.#unwanted.signal.aborted) return;
      logger.error({ code }, "the own database has ended by itself; it is started again");
      await this.#startAgain();
    }
  }

  async #startAgain(): Promise<void> {
    const { start, logger } = this.#parts;
    const { signal } = this.#unwanted;
    while (!signal.aborted) {
      try {
        this.#server = await start(signal);
        if (this.lost.aborted) this.#server.kill();
        else if (signal.aborted) this.#server.stop();
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: error }, "the own database does not start");
        await sleep(restartMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}

/** Makes the folder, for whom the server runs as alone. */
function makeFolder(folder: string, account: Account | undefined): void {
  mkdirSync(folder, { recursive: true });
  if (account) {
    checkReachable(folder);
    chownSync(folder, account.uid, account.gid);
  }
  // A volume's folder may be another's, who lets this process's group in: the files in it are its own all the same.
  if (account || statSync(folder).uid === process.getuid?.()) chmodSync(folder, 0o700);
}

/** Makes the files of a database that is empty. @returns whether there were none. */
async function make(running: Running, data: string): Promise<boolean> {
  if (existsSync(data)) return false;
  const part = `${data}.new`;
  // Of a process that was ended while it did this.
  rmSync(part, { recursive: true, force: true });
  const options = ["--username", user, "--auth", "trust", "--locale", "C", "--encoding", "UTF8"];
  await runProgram(running, "initdb", ["--pgdata", part, ...options, "--no-sync", "--no-instructions"]);
  renameSync(part, data);
  return true;
}

/** What was made is on the disk before long; the server itself sees to what it writes later. */
function sync(running: Running, data: string, logger: Logger): void {
  runProgram(running, "initdb", ["--sync-only", "--pgdata", data]).catch((error: unknown) =>
    logger.warn({ err: error }, "the own database's files could not be synced to the disk"),
  );
}

function socketFolder(folder: string, account: Account | undefined): string {
  if (Buffer.byteLength(folder + socketName) <= longestSocket) return folder;
  const short = mkdtempSync(join(tmpdir(), "maskwire-db-"));
  if (account) chownSync(short, account.uid, account.gid);
  return short;
}

const urlOf = (socket: string) => `postgres://${user}@localhost/postgres?host=${encodeURIComponent(socket)}`;

const inUse = (folder: string, who: string) =>
  new ServiceError({
    code: Code.FAILED_PRECONDITION,
    message: `The data sets in ${folder} are in use by ${who}: stop that, or set MASKWIRE_DATA_DIR to another folder, or MASKWIRE_DATABASE_URL to a server that several can share.`,
  });

function startFault(cause: unknown): ServiceError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const why = /(?:FATAL|PANIC|error): +(.*)/.exec(said)?.[1] ?? said.split("\n").at(-1) ?? "";
  return new ServiceError({
    code: Code.FAILED_PRECONDITION,
    message: `The data sets' own database does not start: ${why}. Mend that, or set MASKWIRE_DATABASE_URL to a server that runs.`,
    cause,
  });
}
