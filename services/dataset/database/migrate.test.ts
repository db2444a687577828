import { type Migration, sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { TestServer, testServers } from "../testing/test-server.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import { migrations } from "./migrations/index.js";

/** What tables, columns, indexes, triggers and functions there are. */
async function shapeOf({ db }: Database): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select table_name || '.' || column_name || ' ' || data_type || coalesce(' ' || column_default, '') as line
      from information_schema.columns where table_schema = 'public'
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select event_object_table || ' ' || trigger_name from information_schema.triggers
    union all select prosrc from pg_proc where pronamespace = 'public'::regnamespace
    order by 1`.execute(db);
  return rows.map(({ line }) => line);
}

async function emptied(database: Database): Promise<Database> {
  await sql`drop schema public cascade`.execute(database.db);
  await sql`create schema public`.execute(database.db);
  return database;
}

describe.each(testServers())("on $name", ({ programs }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(programs);
    return () => server.close();
  });

  it.each(Object.keys(migrations).map((_, at) => at))(
    "%i steps done by an earlier release, the rest is done now",
    async (at) => {
      const database = await emptied(await server.database());
      await migrate(database.db, Object.fromEntries(Object.entries(migrations).slice(0, at)));
      await migrate(database.db);
      await migrate(database.db);
      expect(await shapeOf(database)).toEqual(await shapeOf(await server.database()));
    },
  );

  it("several processes that start at once do each step once", async () => {
    const database = await emptied(await server.database());
    let done = 0;
    const counted: Migration = { up: async () => void done++ };
    await Promise.all(
      Array.from({ length: 4 }, () => migrate(database.db, { ...migrations, "9999-counted": counted })),
    );
    expect(done).toBe(1);
    await expect(migrate(database.db)).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringContaining('"9999-counted"'),
    });
  });

  it("a step that fails leaves nothing behind", async () => {
    const database = await emptied(await server.database());
    const failing: Migration = {
      up: async (db) => {
        await sql`create table half (one int)`.execute(db);
        throw new Error("on the way");
      },
    };
    await expect(migrate(database.db, { ...migrations, "9999-failing": failing })).rejects.toThrow("on the way");
    expect(await shapeOf(database)).toEqual([]);
    await migrate(database.db);
  });
});
