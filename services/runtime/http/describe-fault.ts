import type { FastifyError } from "fastify";
import { Code, ServiceError } from "../errors.js";

/** What a caller is told of an error of the HTTP framework; what is no fault of the caller's keeps its own description. */
export function describeFault(error: FastifyError, maxBytes: number): { status: number | undefined; told: unknown } {
  const refused = (status: number, code: Code, message: string) => ({
    status,
    told: new ServiceError({ code, message, cause: error }),
  });
  switch (error.code) {
    case "FST_ERR_BAD_URL":
      return refused(400, Code.INVALID_ARGUMENT, "The path has a % that begins no character.");
    case "FST_ERR_MAX_PARAM_LENGTH":
      return refused(414, Code.INVALID_ARGUMENT, "The path is longer than any there is.");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return refused(
        413,
        Code.RESOURCE_EXHAUSTED,
        `The body is larger than the ${maxBytes} bytes that are taken here.`,
      );
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return refused(400, Code.INVALID_ARGUMENT, "The body is not as long as its Content-Length says.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return refused(415, Code.INVALID_ARGUMENT, "This path takes no body of that type.");
  }
  if (error instanceof ServiceError) return { status: undefined, told: error };
  const { statusCode = 500 } = error;
  if (statusCode >= 500) return { status: undefined, told: error };
  return refused(statusCode, Code.INVALID_ARGUMENT, "The request cannot be read.");
}
