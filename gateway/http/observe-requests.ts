import type { FastifyRequest } from "fastify";
import type { Caller } from "../../services/runtime/callers/caller.js";
import { anyone } from "../../services/runtime/callers/principal.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Host } from "../../services/runtime/host.js";
import { Histogram, latencyBuckets } from "../../services/runtime/metrics.js";
import {
  logFields,
  newRequestId,
  type Origin,
  originHeaders,
  readOrigin,
} from "../../services/runtime/tracing/origin.js";
import { type Span, startSpan } from "../../services/runtime/tracing/spans.js";
import type { Callers } from "../callers/callers.js";
import type { Visitor } from "../callers/visitor.js";

/** Tells when who asks may no longer. @returns ends the watch. */
type Watch = (onEnd: () => void) => () => void;

interface Observed {
  visitor: Visitor;
  watch: Watch;
  origin: Origin;
  span: Span;
  startedAt: number;
}

/** Where nobody is asked who they are nobody ends. */
const never: Watch = () => () => {};

const observed = new WeakMap<FastifyRequest, Observed>();

/** Whom a request is for, as the other tiers are told. */
export function originOf(request: FastifyRequest): Origin | undefined {
  return observed.get(request)?.origin;
}

/** Who asks; undefined for a request of a route that is not observed. */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return observed.get(request)?.visitor.caller;
}

/** The same with what they may; until they are let in, anyone at that address. */
export function visitorOf(request: FastifyRequest): Visitor | undefined {
  return observed.get(request)?.visitor;
}

export function watchOf(request: FastifyRequest): Watch {
  return observed.get(request)?.watch ?? never;
}

/** It is known who asks: from here on the request counts for them, and ends with them. */
export function letIn(request: FastifyRequest, visitor: Visitor, watch: Watch = never): void {
  const one = observed.get(request);
  if (!one) return;
  one.visitor = visitor;
  one.watch = watch;
  const { key: caller, tenant } = visitor.caller;
  Object.assign(one.origin, { caller, ...(tenant === undefined ? {} : { tenant, principal: visitor.principal.id }) });
}

/**
 * Gives every request of the routes that are added from now on an id, a span, a logger that names both, and a place in the
 * figures. Routes are told by their pattern: what a caller wrote into an address is not ours to keep.
 */
export function observeRequests(
  { http, metrics, logger }: Pick<Host, "http" | "metrics" | "logger">,
  callers: Callers,
): void {
  const seconds = new Histogram({
    name: "maskwire_http_request_seconds",
    help: "Time of an HTTP request of the API, to the last byte of its answer",
    labelNames: ["route", "status"],
    buckets: latencyBuckets,
    registers: [metrics],
  });
  http.addHook("onRequest", (request, reply, done) => {
    const given = readOrigin((name) => request.headers[name]);
    const id = given.request ?? newRequestId();
    reply.header(originHeaders.request, id);
    const span = startSpan(routeOf(request), {
      kind: "server",
      parent: given.traceparent,
      attributes: {
        "http.request.method": request.method,
        "http.route": request.routeOptions.url,
        "maskwire.request": id,
      },
    });
    const caller = callers.of(request.raw);
    const origin = { request: id, traceparent: span.traceparent, caller: caller.key };
    observed.set(request, {
      visitor: { principal: anyone, caller },
      watch: never,
      origin,
      span,
      startedAt: performance.now(),
    });
    request.log = logger.child({ ...logFields(origin, span), route: routeOf(request) });
    // Also when the caller hangs up before it has its answer.
    reply.raw.once("close", () => end(request, reply.raw.writableFinished ? reply.statusCode : 499));
    done();
  });
  const end = (request: FastifyRequest, status: number) => {
    const one = observed.get(request);
    if (!one) return;
    const { span, startedAt } = one;
    const ms = performance.now() - startedAt;
    seconds.observe({ route: routeOf(request), status }, ms / 1000);
    metrics.ofTenant(status < 400 ? "request" : "refused", one.visitor.caller.tenant);
    span.note({ "http.response.status_code": status });
    span.end(failure(status));
    request.log.debug({ status, ms }, "request");
  };
}

const routeOf = ({ method, routeOptions }: FastifyRequest) => `${method} ${routeOptions.url ?? "unknown"}`;

/** What a trace takes for a failure of ours: not what the caller did. */
function failure(status: number): ServiceError | undefined {
  if (status === 499) return new ServiceError({ code: Code.CANCELLED, message: "The caller hung up." });
  return status >= 500 ? new ServiceError({ code: Code.UNAVAILABLE, message: `HTTP ${status}` }) : undefined;
}
