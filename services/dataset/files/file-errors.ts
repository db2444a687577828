import { Code, ServiceError } from "../../runtime/errors.js";

export function fileGone(): ServiceError {
  return new ServiceError({ code: Code.NOT_FOUND, message: "The file is not stored, or not any more." });
}

export function noRoom(where: string, cause: unknown): ServiceError {
  const message = `There is no room left ${where}; nothing was kept of the file. Make room, then try again.`;
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message, cause });
}

/** @param what is the matter with the store, as the end of a sentence. */
export function storeLost(what: string, cause: unknown): ServiceError {
  const message = `The store of data sets' files ${what}; nothing was changed, try again later.`;
  return new ServiceError({ code: Code.UNAVAILABLE, message, reason: "FILES_LOST", retryAfterMs: 2000, cause });
}
