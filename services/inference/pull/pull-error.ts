import { OperationalError } from "../../runtime/operational-error.js";

/** A model's file cannot be fetched; the message says which, why and what to do. */
export class PullError extends OperationalError {
  override readonly name: string = "PullError";
}

/** Two do not fetch the same at once. @param who as a lock tells it. */
export const isBeingFetched = (what: string) => (who: string) =>
  new PullError(`${what} is being fetched by ${who} already: wait for it.`);
