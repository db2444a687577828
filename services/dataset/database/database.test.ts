import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { sql } from "kysely";
import pino from "pino";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Code } from "../../runtime/errors.js";
import { freePort } from "../../runtime/testing/free-port.js";
import { TestServer } from "../testing/test-server.js";
import { Database } from "./database.js";
import { databaseError } from "./database-errors.js";

/** A way to a server, over a network that may swallow all that is sent. */
async function silentWay(socket: string) {
  const pairs = new Set<[Socket, Socket]>();
  let isSilent = false;
  const proxy = createServer((near) => {
    const pair: [Socket, Socket] = [near, connect(socket)];
    pairs.add(pair);
    for (const [from, to] of [pair, [...pair].reverse()] as [Socket, Socket][]) {
      from.on("data", (bytes) => isSilent || to.write(bytes));
      from.on("error", () => {});
      from.on("close", () => isSilent || to.destroy());
    }
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const pair of pairs) for (const one of pair) one.destroy();
    proxy.close();
  });
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `postgres://maskwire@127.0.0.1:${port}/postgres`,
    fallSilent: () => {
      isSilent = true;
    },
    speakAgain: () => {
      isSilent = false;
    },
  };
}

const logger = pino({ level: "silent" });
const lost = { code: Code.UNAVAILABLE, reason: "DATABASE_LOST" };

describe("a database", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
    return () => server.close();
  });

  const open = (more: { url?: string; connections?: number; statementMs?: number } = {}) =>
    Database.open({ url: server.url("postgres"), folder: "", connections: 4, statementMs: 30_000, ...more }, logger);

  it("that is lost is told of, and there again when it is back", async () => {
    await using database = await open();
    const ask = () => database.db.selectFrom("datasets").select("key").execute();
    await ask();
    const slow = sql`select pg_sleep(60)`.execute(database.db).catch((error: unknown) => error);
    const sleepers = () => sql`select pid from pg_stat_activity where query like '%sleep(60)'`.execute(database.db);
    await expect.poll(async () => (await sleepers()).rows).toHaveLength(1);
    await server.lose();
    expect(await slow).toMatchObject(lost);
    await expect(ask()).rejects.toMatchObject(lost);
    await expect(
      Database.open({ url: database.url, folder: "", connections: 1, statementMs: 1000 }, logger),
    ).rejects.toMatchObject(lost);
    await server.comeBack();
    expect(await ask()).toEqual([]);
  });

  it("ends what takes too long, and says so", async () => {
    await using database = await open({ statementMs: 20 });
    await expect(sql`select pg_sleep(60)`.execute(database.db)).rejects.toMatchObject({
      code: Code.DEADLINE_EXCEEDED,
      message: "The database took too long for this; ask for less, or try again when it has less to do.",
    });
  });

  it("that has gone without a word is not waited for longer than its time and a little", async () => {
    const gone = await silentWay(server.socket);
    await using database = await open({ url: gone.url, statementMs: 100 });
    const asked = database.transaction(async (trx) => {
      await sql`select 1`.execute(trx);
      gone.fallSilent();
      await sql`select 2`.execute(trx);
    });
    await expect(asked).rejects.toMatchObject(lost);
    gone.speakAgain();
    expect((await sql`select 3 as three`.execute(database.db)).rows).toEqual([{ three: 3 }]);
  });

  it.each([
    ["a page that nobody has made", sql`select ${"no"}::uuid`],
    ["a date that is none", sql`select ${"yesterdays"}::timestamptz`],
    ["a moment after all of them", sql`select ${"9223372036854775807"}::bigint * interval '1000 years'`],
    ["a number above all of them", sql`select ${2n ** 63n}::bigint`],
    ["the character 0 in what becomes JSON", sql`select ${'{"name":"\\u0000"}'}::jsonb`],
  ])("refuses %s", async (_name, question) => {
    await using database = await open();
    await expect(question.execute(database.db)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  });

  it("has no more connections than it may, and others wait for theirs", async () => {
    await using database = await open({ connections: 2 });
    const pids = await Promise.all(
      Array.from({ length: 10 }, () => sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db)),
    );
    expect(new Set(pids.map(({ rows }) => rows[0]?.pid)).size).toBeLessThanOrEqual(2);
  });

  it("leaves half of its connections to those who want no files, however slow these are", async () => {
    await using database = await open({ connections: 2 });
    let isThere = () => {};
    const store = new Promise<void>((resolve) => {
      isThere = resolve;
    });
    let begun = 0;
    let isBegun = () => {};
    const first = new Promise<void>((resolve) => {
      isBegun = resolve;
    });
    const slow = Array.from({ length: 4 }, () =>
      database.transactionWithFiles(async () => {
        begun++;
        isBegun();
        await store;
      }),
    );
    await first;
    for (let asked = 0; asked < 4; asked++) await database.db.selectFrom("datasets").select("key").execute();
    expect(begun).toBe(1);
    isThere();
    await Promise.all(slow);
    expect(begun).toBe(4);
  });

  it("does again what got in another's way, until both are done", async () => {
    await using database = await open();
    await sql`create table counters as select n, 0 as value from generate_series(1, 2) as n`.execute(database.db);
    let bothInside = () => {};
    const step = new Promise<void>((resolve) => {
      bothInside = resolve;
    });
    let inside = 0;
    const add = (first: number, second: number) =>
      database.transaction(async (trx) => {
        await sql`update counters set value = value + 1 where n = ${first}`.execute(trx);
        if (++inside === 2) bothInside();
        // Both have their first row before either wants its second.
        await step;
        await sql`update counters set value = value + 1 where n = ${second}`.execute(trx);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    // On a busy machine each of them may be the one that is ended.
    expect(inside).toBeGreaterThanOrEqual(3);
    const { rows } = await sql<{ value: number }>`select value from counters`.execute(database.db);
    expect(rows.map(({ value }) => value)).toEqual([2, 2]);
  });

  it("knows numbers of 64 bits", async () => {
    await using database = await open();
    const { rows } = await sql`select 9223372036854775807::bigint as large, ${2n ** 62n}::bigint as given`.execute(
      database.db,
    );
    expect(rows).toEqual([{ large: 2n ** 63n - 1n, given: 2n ** 62n }]);
  });

  it("leaves to the log what is ours to mend", async () => {
    await using database = await open();
    await expect(sql`select nothing from nowhere`.execute(database.db)).rejects.toMatchObject({ code: "42P01" });
  });
});

it("that nobody runs is told of", async () => {
  const url = `postgres://maskwire@127.0.0.1:${await freePort()}/x`;
  await expect(Database.open({ url, folder: "", connections: 1, statementMs: 1000 }, logger)).rejects.toMatchObject(
    lost,
  );
});

it.each([
  ["53100", /disk is full: make room there/],
  ["57P01", /cannot be asked now; nothing was changed/],
  ["53300", /cannot be asked now/],
  ["ECONNRESET", /cannot be asked now/],
])("%s means that it is lost", (code, message) => {
  const error = databaseError(Object.assign(new Error("some words"), { code }));
  expect(error).toMatchObject({ ...lost, message: expect.stringMatching(message) });
});
