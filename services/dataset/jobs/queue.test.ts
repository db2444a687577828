import { sql } from "kysely";
import PgBoss from "pg-boss";
import { expect, it, onTestFinished, vi } from "vitest";
import { fakeLogger } from "../../runtime/testing/fake-logger.js";
import { TestServer } from "../testing/test-server.js";
import { Queue } from "./queue.js";

it("that could not be opened leaves nothing running that would ask the database by the clock", async () => {
  const server = await TestServer.start();
  onTestFinished(() => server.close());
  const database = await server.database();
  await (await Queue.open(database, fakeLogger())).close();
  await sql`alter function pgboss.create_queue rename to create_no_queue`.execute(database.db);
  const stop = vi.spyOn(PgBoss.prototype, "stop");
  onTestFinished(() => stop.mockRestore());
  await expect(Queue.open(database, fakeLogger())).rejects.toThrow("create_queue");
  expect(stop).toHaveBeenCalledOnce();
  await expect(stop.mock.results[0]?.value).resolves.toBeUndefined();
});
