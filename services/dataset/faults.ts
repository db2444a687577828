import { Code, ServiceError } from "../runtime/errors.js";

export const notFound = (message: string) => new ServiceError({ code: Code.NOT_FOUND, message });

export const alreadyExists = (message: string) => new ServiceError({ code: Code.ALREADY_EXISTS, message });

export const notNow = (message: string) => new ServiceError({ code: Code.FAILED_PRECONDITION, message });

/** @param what "The data set", "The object". */
export const conflict = (what: string) =>
  new ServiceError({ code: Code.ABORTED, message: conflictText(what), reason: "CONFLICT" });

export const conflictText = (what: string) => `${what} has been changed by somebody else since; read it again.`;
