import type { Migration } from "kysely";
import * as dataSets from "./0001-data-sets.js";

/** In their order; one that has been released is not changed any more. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-data-sets": dataSets,
};
