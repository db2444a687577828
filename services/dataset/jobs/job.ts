import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import { type JobState, type JobWork, JobWorkSchema } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

/** A job as its work sees it. */
export interface Job {
  readonly id: string;
  /** The data set's key, and its id. */
  readonly dataset: number;
  readonly datasetId: string;
  readonly tenant: string | undefined;
  /** Who started it. */
  readonly person: string;
  readonly work: JobWork;
  readonly state: JobState;
}

/** Undefined when it is not there, or its data set is deleted. */
export async function readJob(db: Kysely<Schema>, id: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom("jobs")
    .innerJoin("datasets", "datasets.key", "jobs.dataset")
    .select(["jobs.id", "jobs.dataset", "jobs.work", "jobs.state", "jobs.created_by"])
    .select(["datasets.id as datasetId", "datasets.tenant"])
    .where("jobs.id", "=", id)
    .where("datasets.deleted_at", "is", null)
    .executeTakeFirst();
  if (!row) return undefined;
  const { dataset, datasetId, state } = row;
  return {
    id,
    dataset,
    datasetId,
    state,
    tenant: row.tenant === "" ? undefined : row.tenant,
    person: row.created_by,
    work: readWork(row.work as JsonObject),
  };
}

/** As a row has it: written by this release, or an earlier one. */
export function readWork(json: JsonObject): JobWork {
  return json ? fromJson(JobWorkSchema, json, { ignoreUnknownFields: true }) : create(JobWorkSchema);
}

/** Unique names of pictures, where people are told of one. */
export async function pictureName(db: Kysely<Schema>, id: bigint): Promise<string> {
  const row = await db.selectFrom("pictures").select("name").where("id", "=", id).executeTakeFirst();
  return row?.name ?? "";
}

export const now = sql<Date>`now()`;
