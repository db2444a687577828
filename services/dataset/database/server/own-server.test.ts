import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import pg from "pg";
import pino from "pino";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Code } from "../../../runtime/errors.js";
import { fakeLogger } from "../../../runtime/testing/fake-logger.js";
import { Database } from "../database.js";
import { OwnServer } from "./own-server.js";
import { installedPrograms } from "./programs.js";

const logger = pino({ level: "silent" });
let above: string;
let folder: string;
beforeAll(() => {
  above = mkdtempSync(join(tmpdir(), "maskwire-own-"));
  chmodSync(above, 0o755);
  folder = join(above, "database");
  return () => rmSync(above, { recursive: true, force: true });
});

async function start(place = folder): Promise<OwnServer> {
  const server = await OwnServer.start({ folder: place, logger });
  onTestFinished(() => server.close());
  return server;
}

async function ask(url: string, question: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: question, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

const serverPid = () => Number.parseInt(readFileSync(join(folder, "data", "postmaster.pid"), "utf8"), 10);
const isThere = (pid: number) => existsSync(`/proc/${pid}`);
const processesOf = (place: string) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(place);
    } catch {
      return false;
    }
  });

/** A process with a server, that a test may end. */
async function elsewhere() {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("../../testing/hold-server.js", import.meta.url)), folder],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, url };
}

describe("a server of one's own", () => {
  it("is made, keeps what it is told, and is there again the next time", async () => {
    const first = await start();
    await ask(first.url, "create table kept as select 7 as one");
    await first.close();
    await first.close();
    const second = await start();
    expect(await ask(second.url, "select one from kept")).toEqual([7]);
  });

  it("belongs to one process at a time, which whoever else wants it is told", async () => {
    const server = await start();
    await expect(OwnServer.start({ folder, logger })).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringContaining(`in use by process ${process.pid} on ${hostname()}: stop that`),
    });
    expect(await ask(server.url, "select 1")).toEqual([1]);
  });

  it("listens where a socket's path is short enough, however deep its folder is", async () => {
    const deep = join(above, "of-many-letters".repeat(8));
    renameSync(folder, deep);
    const server = await start(deep);
    expect(await ask(server.url, "select 1")).toEqual([1]);
    await server.close();
    renameSync(deep, folder);
  });

  it("starts again when it ends by itself", async () => {
    const server = await start();
    process.kill(serverPid(), "SIGKILL");
    await expect.poll(() => ask(server.url, "select 1").catch(() => []), { timeout: 60_000 }).toEqual([1]);
  });

  it.skipIf(process.platform !== "linux")(
    "that is being started again when it is closed leaves none behind",
    async () => {
      const told = fakeLogger();
      const server = await OwnServer.start({ folder, logger: told });
      const again = new Promise<void>((resolve) => {
        told.error = () => resolve();
      });
      process.kill(serverPid(), "SIGKILL");
      await again;
      await server.close();
      expect(processesOf(folder)).toEqual([]);
      expect(existsSync(join(folder, "lock"))).toBe(false);
    },
  );

  it("is given up for good when another process takes its folder, and says whose that is", async () => {
    await using database = await Database.open({ url: undefined, folder, connections: 2, statementMs: 30_000 }, logger);
    const pid = serverPid();
    const lock = join(folder, "lock");
    writeFileSync(lock, JSON.stringify({ pid: 7, place: "another", started: "1", host: "elsewhere", token: "theirs" }));
    await expect.poll(() => isThere(pid), { timeout: 60_000 }).toBe(false);
    await expect(sql`select 1`.execute(database.db)).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringContaining("in use by process 7 on elsewhere"),
    });
    await database.close();
    expect(readFileSync(lock, "utf8")).toContain("theirs");
    rmSync(lock);
  });
});

it.runIf(process.getuid?.() === 0)("as root, programs where others may not enter are copied, once", async () => {
  const closed = join(above, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const { packaged, links } = installedPrograms();
  for (const part of ["bin", "lib", "share"]) symlinkSync(join(packaged?.root ?? "", part), join(closed, part));
  const programs = { bin: join(closed, "bin"), packaged: { root: closed, release: "1" }, links };
  const place = join(folder, "programs");
  const started: number[] = [];
  for (let at = 0; at < 2; at++) {
    const server = await OwnServer.start({ folder, logger, programs });
    expect(await ask(server.url, "select 1")).toEqual([1]);
    await server.close();
    started.push(statSync(place).birthtimeMs);
  }
  expect(started[1]).toBe(started[0]);
  rmSync(place, { recursive: true });
});

describe.skipIf(process.platform !== "linux")("a process that is killed", () => {
  it("takes its server with it, which loses nothing", async () => {
    const { child, url } = await elsewhere();
    await ask(url, "create table alone as select 7 as one");
    const pid = serverPid();
    child.kill("SIGKILL");
    await expect.poll(() => isThere(pid), { timeout: 60_000 }).toBe(false);
    const server = await start();
    expect(await ask(server.url, "select one from alone")).toEqual([7]);
  });

  it("leaves no server that the next would not wait for", async () => {
    const { child, url } = await elsewhere();
    await ask(url, "create table slowly as select 7 as one");
    child.kill("SIGKILL");
    await once(child, "exit");
    const server = await start();
    expect(await ask(server.url, "select one from slowly")).toEqual([7]);
  });

  it("with its server leaves files that the next mends", async () => {
    const { child, url } = await elsewhere();
    await ask(url, "create table together as select 7 as one");
    process.kill(serverPid(), "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    const file = join(folder, "data", "postmaster.pid");
    // Another process has the server's number by now.
    if (existsSync(file)) writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/, String(process.ppid)));
    const server = await start();
    expect(await ask(server.url, "select one from together")).toEqual([7]);
  });
});

describe("what keeps it from running", () => {
  it("is that nobody brought PostgreSQL for the platform", () => {
    expect(() => installedPrograms("aix", "ppc64")).toThrow(
      "No PostgreSQL was installed with Maskwire for aix on ppc64: set MASKWIRE_DATABASE_URL to one that runs.",
    );
  });

  it.runIf(process.getuid?.() === 0)("as root, that others may not reach the folder", async () => {
    chmodSync(above, 0o700);
    onTestFinished(() => chmodSync(above, 0o755));
    await expect(OwnServer.start({ folder, logger })).rejects.toThrow(
      `PostgreSQL does not run as root, and others may not enter ${above}: set MASKWIRE_DATA_DIR`,
    );
  });

  it("is that its folder cannot be made", async () => {
    const file = join(above, "file");
    writeFileSync(file, "");
    await expect(OwnServer.start({ folder: join(file, "database"), logger })).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringMatching(/^The data sets' own database does not start: ENOTDIR/),
    });
  });

  it("is what PostgreSQL says", async () => {
    const file = join(folder, "data", "PG_VERSION");
    const release = readFileSync(file, "utf8");
    writeFileSync(file, "9.6\n");
    onTestFinished(() => writeFileSync(file, release));
    await expect(OwnServer.start({ folder, logger })).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringMatching(/does not start: database files are incompatible with server\. Mend that/),
    });
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("is not a making that was broken off", async () => {
    rmSync(join(folder, "data"), { recursive: true });
    mkdirSync(join(folder, "data.new", "base"), { recursive: true });
    const server = await start();
    expect(await ask(server.url, "select 1")).toEqual([1]);
  });
});
