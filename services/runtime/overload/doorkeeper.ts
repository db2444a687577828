import { describeError, type ErrorInit } from "../errors.js";
import type { Work } from "./thresholds.js";

/** What those who let work in see of the overload manager. */
export interface Doorkeeper {
  /** @throws ServiceError RESOURCE_EXHAUSTED with a retry hint while such work is refused. */
  check(work: Work): void;
}

/** Where nobody looks after the load. */
export const alwaysOpen: Doorkeeper = { check: () => {} };

/** The same for those who answer in a form of their own; undefined when the work may come in. */
export function refusalOf(doorkeeper: Doorkeeper, work: Work): ErrorInit | undefined {
  try {
    doorkeeper.check(work);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}
