import { Code, ServiceError } from "../../runtime/errors.js";

/** K6: the picture was deleted while something was done with it. */
export class DeletedError extends ServiceError {
  constructor() {
    super({
      code: Code.NOT_FOUND,
      message: "The picture was deleted meanwhile; upload it again if it is still wanted.",
    });
  }
}
