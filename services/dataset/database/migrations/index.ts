import type { Migration } from "kysely";
import * as dataSets from "./0001-data-sets.js";
import * as jobs from "./0002-jobs.js";
import * as imports from "./0003-imports.js";
import * as sequences from "./0004-sequences.js";
import * as jobLimits from "./0005-job-limits.js";

/** In their order; one that has been released is not changed any more. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-data-sets": dataSets,
  "0002-jobs": jobs,
  "0003-imports": imports,
  "0004-sequences": sequences,
  "0005-job-limits": jobLimits,
};
