import { OperationalError } from "../../runtime/operational-error.js";

/** A graph that cannot be converted, or not to what was expected: the message says what of it, for people. */
export class ConvertError extends OperationalError {
  override readonly name = "ConvertError";
}
