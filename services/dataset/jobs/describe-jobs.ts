import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Kysely, sql } from "kysely";
import { type DatasetJob, DatasetJobSchema, JobState } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";
import { openStates } from "./items.js";
import { isHeld, readWork } from "./job.js";

/** What is going on is judged by these last seconds. */
const lately = 120;
/** Fewer ends say nothing of how long the others take. */
const leastEnds = 3;

/** Jobs as people see them, in the order of `ids`, with how fast they are in the whole cluster. */
export async function describeJobs(db: Kysely<Schema>, ids: readonly string[]): Promise<DatasetJob[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("jobs")
    .innerJoin("datasets", "datasets.key", "jobs.dataset")
    .selectAll("jobs")
    .select("datasets.id as datasetId")
    .select(isHeld.as("held"))
    .select((eb) => [
      eb
        .selectFrom("job_items")
        .select(({ fn }) => fn.countAll<bigint>().as("n"))
        .whereRef("job_items.job", "=", "jobs.id")
        .where("job_items.item", ">", 0n)
        .where("job_items.ended_at", ">", sql<Date>`now() - make_interval(secs => ${lately})`)
        .as("ends"),
      sql<number>`extract(epoch from now() - jobs.started_at)::float8`.as("runs"),
    ])
    .where("jobs.id", "in", ids)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, describe(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);

  function describe(row: (typeof rows)[number]): DatasetJob {
    const { id, state, total, done, failed, objects, message, bytes, notes } = row;
    const rate = state === JobState.RUNNING ? rateOf(row) : undefined;
    const left = Number(total - done - failed);
    const job: MessageInitShape<typeof DatasetJobSchema> = {
      id,
      dataset: row.datasetId,
      work: readWork(row.work as Parameters<typeof readWork>[0]),
      state,
      total,
      done,
      failed,
      objects,
      createdAt: timestampFromDate(row.created_at),
      createdBy: row.created_by,
      perMinute: rate === undefined ? 0 : rate * 60,
      message,
      bytes,
      fileName: row.file_name,
      notes,
    };
    if (row.started_at) job.startedAt = timestampFromDate(row.started_at);
    if (row.held && row.held_until && openStates.includes(state)) job.heldUntil = timestampFromDate(row.held_until);
    if (row.ended_at) job.endedAt = timestampFromDate(row.ended_at);
    if (rate !== undefined && row.planned && total > 0n) job.secondsLeft = left / rate;
    return create(DatasetJobSchema, job);
  }
}

/** Ends a second; undefined while too few have ended to tell. */
function rateOf(row: { pace: string; done: bigint; ends: bigint | null; runs: number | null }): number | undefined {
  const seconds = row.runs ?? 0;
  const [ends, span] =
    row.pace === "whole" ? [Number(row.done), seconds] : [Number(row.ends), Math.min(seconds, lately)];
  return ends >= leastEnds && span > 0 ? ends / span : undefined;
}
