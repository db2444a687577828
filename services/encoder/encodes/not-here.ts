import { Code, ServiceError } from "../../runtime/errors.js";

/** What neither this process nor the cache has; with the cache lost, another encoder may have it. */
export function notHere(message: string, isCacheUp: boolean): ServiceError {
  return new ServiceError({ code: Code.NOT_FOUND, message, ...(isCacheUp ? {} : { reason: "CACHE_LOST" }) });
}
