import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type Kysely, sql } from "kysely";
import { type JobState, type JobWork, JobWorkSchema, StarterLimitsSchema } from "../../../proto/index.js";
import type { Principal } from "../../runtime/callers/principal.js";
import { fromStarterLimits } from "../../runtime/callers/starter-limits.js";
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
  /** Of whoever started it, and of all of the tenant together: as they were then. */
  readonly limits: Pick<Principal, "limits" | "tenantLimits">;
  /** It waits for one of them. */
  readonly isHeld: boolean;
}

/** Whether a job waits for a limit of whoever started it. */
export const isHeld = sql<boolean>`coalesce(jobs.held_until > now(), false)`;

/** Undefined when it is not there, or its data set is deleted. */
export async function readJob(db: Kysely<Schema>, id: string): Promise<Job | undefined> {
  const row = await db
    .selectFrom("jobs")
    .innerJoin("datasets", "datasets.key", "jobs.dataset")
    .select(["jobs.id", "jobs.dataset", "jobs.work", "jobs.state", "jobs.created_by"])
    .select(["datasets.id as datasetId", "datasets.tenant", "jobs.limits"])
    .select(isHeld.as("held"))
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
    limits: fromStarterLimits(fromJson(StarterLimitsSchema, row.limits as JsonObject, { ignoreUnknownFields: true })),
    isHeld: row.held,
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
