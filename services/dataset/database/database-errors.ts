import { codeOf } from "../../runtime/error-code.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";

/** PostgreSQL's codes of what is gone, stopping, starting, or full: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const lost = /^(08...|57P0[1-5]|53[013]00|58030|25006)$/;
/** What Node and `pg` say of a connection that cannot be had or has broken. */
const broken = /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EACCES)$/;
const silence = /^Query read timeout$/;
const brokenWords =
  /^Connection terminated|^timeout exceeded when trying to connect$|^Client has encountered|not queryable/;

const cancelled = "57014";
const lockTimeout = "55P03";
const diskFull = "53100";
/** Fields of the contract have more bits than columns, and its texts any character; a page's token may be anybody's. */
const outOfRange = /^220(03|08)$/;
const notText = /^22(021|P05)$/;
const notOfForm = /^22(007|P02)$/;
const uniqueViolation = "23505";
const serializationFailure = "40001";
const deadlock = "40P01";

/** Any error of `pg`'s as it is told: what it means for whoever asked is decided here and nowhere else. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const code = codeOf(error) ?? "";
  if (code === diskFull) return lostError("The database's disk is full: make room there, then try again.", error);
  if (lost.test(code) || broken.test(code) || brokenWords.test(error.message) || isSilence(error)) {
    return lostError("The database cannot be asked now; nothing was changed. Try again in a moment.", error);
  }
  if (outOfRange.test(code)) return invalidArgument("A number in the request is larger than any that there is here.");
  if (notText.test(code)) return invalidArgument("A text in the request has the character 0, which no text has here.");
  if (notOfForm.test(code)) return invalidArgument("Something in the request is not of the form that it has here.");
  if (code === cancelled || code === lockTimeout) {
    const message = "The database took too long for this; ask for less, or try again when it has less to do.";
    return new ServiceError({ code: Code.DEADLINE_EXCEEDED, message, cause: error });
  }
  return error;
}

/** Of two that got in each other's way: done once more, by itself, it succeeds. */
export function isTwisted(error: unknown): boolean {
  const code = codeOf(error);
  return code === serializationFailure || code === deadlock;
}

/** Nothing has come back of what was asked. */
export const isSilence = (error: unknown): boolean => error instanceof Error && silence.test(error.message);

/** Something else has that name. */
export const isDuplicate = (error: unknown): boolean => codeOf(error) === uniqueViolation;

function lostError(message: string, cause: Error): ServiceError {
  return new ServiceError({ code: Code.UNAVAILABLE, message, reason: "DATABASE_LOST", retryAfterMs: 1000, cause });
}
