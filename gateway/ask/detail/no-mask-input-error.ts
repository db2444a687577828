import { Code, ServiceError } from "../../../services/runtime/errors.js";

/** The model has no input for a mask to start from, as a finer mask does. */
export class NoMaskInputError extends ServiceError {
  constructor() {
    super({
      code: Code.FAILED_PRECONDITION,
      message: "This model cannot start from a mask: its masks stay as they are.",
    });
  }
}
