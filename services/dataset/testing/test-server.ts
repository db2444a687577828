import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import pino from "pino";
import { Database } from "../database/database.js";
import { serverAccount } from "../database/server/account.js";
import { parametersOf } from "../database/server/parameters.js";
import { preparePrograms } from "../database/server/prepare-programs.js";
import { installedPrograms, type Programs, systemPrograms } from "../database/server/programs.js";
import { type RunningServer, runProgram, startServer } from "../database/server/start-server.js";

/** Where Debian has its own. */
const debian = "/usr/lib/postgresql";

/** PostgreSQL servers that tests run against, each by its name: npm's, and Debian's where it is installed. */
export function testServers(): { name: string; programs: Programs }[] {
  const all = existsSync(debian) ? readdirSync(debian) : [];
  // Clients alone have a folder there too.
  const releases = all.filter((one) => existsSync(join(debian, one, "bin", "initdb")));
  return [
    { name: "npm's PostgreSQL", programs: installedPrograms() },
    ...releases.map((one) => ({
      name: `Debian's PostgreSQL ${one}`,
      programs: systemPrograms(join(debian, one, "bin")),
    })),
  ];
}

const logger = pino({ level: "silent" });

/** A real server with empty data sets: fast, and forgetful where a machine's crash is concerned. */
export class TestServer {
  #server: RunningServer;
  readonly #begin: () => Promise<RunningServer>;
  readonly #folder: string;
  readonly #databases: Database[] = [];
  #made = 0;

  private constructor(server: RunningServer, begin: () => Promise<RunningServer>, folder: string) {
    this.#server = server;
    this.#begin = begin;
    this.#folder = folder;
  }

  static async start(programs: Programs = installedPrograms()): Promise<TestServer> {
    const folder = mkdtempSync(join(tmpdir(), "maskwire-pg-"));
    const data = join(folder, "data");
    const account = serverAccount(data);
    if (account) chownSync(folder, account.uid, account.gid);
    const running = { ...preparePrograms(programs, folder, account !== undefined), account, cwd: folder };
    const options = ["--username", "maskwire", "--auth", "trust", "--locale", "C", "--encoding", "UTF8"];
    await runProgram(running, "initdb", ["--pgdata", data, ...options, "--no-sync"]);
    const hasty = ["fsync", "synchronous_commit", "full_page_writes", "autovacuum"].flatMap((one) => [
      "-c",
      `${one}=off`,
    ]);
    const begin = () => startServer(running, [...parametersOf({ data, socket: folder }), ...hasty], () => {});
    const started = new TestServer(await begin(), begin, folder);
    // What all later ones are copies of.
    await (await started.#open("template1")).close();
    return started;
  }

  /** A database of its own, its tables made. */
  async database(): Promise<Database> {
    const name = `test_${++this.#made}`;
    const first = new pg.Client({ connectionString: this.url("postgres") });
    await first.connect();
    await first.query(`create database ${name} strategy file_copy`);
    await first.end();
    const database = await this.#open(name);
    this.#databases.push(database);
    return database;
  }

  /** Ends all that is under way in it; nobody can reach it until it comes back. */
  async lose(): Promise<void> {
    this.#server.stop();
    await this.#server.ended;
  }

  async comeBack(): Promise<void> {
    this.#server = await this.#begin();
  }

  /** For whoever opens it themselves. */
  url(name: string): string {
    return `postgres://maskwire@localhost/${name}?host=${encodeURIComponent(this.#folder)}`;
  }

  /** The path of its socket. */
  get socket(): string {
    return join(this.#folder, ".s.PGSQL.5432");
  }

  async close(): Promise<void> {
    await Promise.all(this.#databases.map((one) => one.close()));
    this.#server.kill();
    await this.#server.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(name: string): Promise<Database> {
    return Database.open({ url: this.url(name), folder: "", connections: 4, statementMs: 30_000 }, logger);
  }
}
