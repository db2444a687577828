import { Code, ServiceError } from "../../services/runtime/errors.js";

/** The picture itself is gone: only its owner can help, by uploading it again. */
export class ImageGoneError extends ServiceError {
  constructor(cause: unknown) {
    super({ code: Code.NOT_FOUND, message: "The picture is not known here any more; upload it again.", cause });
  }
}
