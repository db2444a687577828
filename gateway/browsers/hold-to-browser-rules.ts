import type { FastifyInstance } from "fastify";
import { ServiceError } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { type BrowserRules, isOfApi } from "./browser-rules.js";

/** For so long a browser need not ask again what a page may send; Chromium believes no more. */
const preflightSeconds = 7200;
/** Beside those that any page may send. */
const requestHeaders = "authorization, content-type, traceparent, x-request-id";
/** Beside those that any page may read. */
const answerHeaders = "retry-after, x-request-id";

/**
 * Refuses what browsers send for others than who may use the gateway, and tells them who may read its answers (W1 to W5).
 * @param methodsOf the methods that a path takes; none for one that is not there.
 */
export function holdToBrowserRules(
  http: FastifyInstance,
  rules: BrowserRules,
  methodsOf: (path: string) => string[],
): void {
  http.addHook("onRequest", (request, reply, done) => {
    const path = request.routeOptions.url ?? request.url;
    const refusal = rules.refusalOf(request.raw, path);
    if (refusal) return void replyError(reply, new ServiceError(refusal.error), refusal.status);
    if (!isOfApi(path)) return done();
    // For caches: what one origin may read is not for all.
    reply.header("vary", "origin");
    const origin = rules.listedOrigin(request);
    if (origin === undefined) return done();
    reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": answerHeaders });
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return done();
    const methods = methodsOf(path.split("?")[0] ?? "");
    // A path that is none has its own answer.
    if (methods.length === 0) return done();
    reply
      .headers({
        "access-control-allow-methods": methods.join(", "),
        "access-control-allow-headers": requestHeaders,
        "access-control-max-age": preflightSeconds,
      })
      .code(204)
      .send();
  });
}
