import { OperationalError } from "../../runtime/operational-error.js";

/** What runs a model is not there at the moment, or does not answer: nothing is wrong with what it was asked, and it may come back. */
export class ProviderLostError extends OperationalError {
  override readonly name = "ProviderLostError";
}
