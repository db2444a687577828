import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Audit, AuditAction } from "../../services/runtime/audit/audit.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import { Code, describeError } from "../../services/runtime/errors.js";
import { originHeaders } from "../../services/runtime/tracing/origin.js";
import type { Callers } from "../callers/callers.js";
import type { PeerRoles } from "../callers/peer-roles.js";
import { visitorOf } from "./observe-requests.js";

/** What a route did, where its status does not say. */
interface Done {
  /** A picture's id. */
  readonly object?: string;
  /** Where the route itself does not always do the same. */
  readonly action?: AuditAction;
  readonly error?: unknown;
}

const done = new WeakMap<FastifyRequest, Done>();

/** A route that the audit log tells of says to what it did something, and why it did not. */
export function tellAudit(request: FastifyRequest, what: Done): void {
  done.set(request, { ...done.get(request), ...what });
}

/** What is told of by its status, whatever was asked for. */
const refusals = new Map<number, { action: AuditAction; code: Code }>([
  [401, { action: "denied", code: Code.UNAUTHENTICATED }],
  [403, { action: "denied", code: Code.PERMISSION_DENIED }],
  [421, { action: "denied", code: Code.PERMISSION_DENIED }],
  [429, { action: "limited", code: Code.RESOURCE_EXHAUSTED }],
]);

/** Where requests come from. */
interface Origins {
  readonly callers: Pick<Callers, "networkOf">;
  readonly roles: Pick<PeerRoles, "nameAt">;
}

/** Who did it, and from where, as the audit log names them; who is anyone has no name. */
export function auditedAs({ id, tenant }: Principal, { callers, roles }: Origins, request: IncomingMessage) {
  const address = callers.networkOf(request);
  const certificate = roles.nameAt(request.socket);
  const where = { ...(certificate === undefined ? {} : { certificate }), address };
  return tenant === undefined ? { principal: undefined, ...where } : { tenant, principal: id, ...where };
}

/** Tells the audit log of requests: keys that are used, who is refused, and what routes that say so in `config.audit` have done. */
export function auditRequests(http: FastifyInstance, audit: Audit, origins: Origins): void {
  http.addHook("onResponse", (request, reply, next) => {
    next();
    const visitor = visitorOf(request);
    if (!visitor) return;
    const who = auditedAs(visitor.principal, origins, request.raw);
    const { object: named, error, action = request.routeOptions.config.audit } = done.get(request) ?? {};
    const told = { ...who, request: String(reply.getHeader(originHeaders.request)) };
    if (who.principal !== undefined) audit.note({ ...told, action: "key-use", outcome: "done" });
    const refusal = refusals.get(reply.statusCode);
    const route = `${request.method} ${request.routeOptions.url ?? "unknown"}`;
    if (refusal) return audit.note({ ...told, ...refusal, outcome: "refused", object: route });
    if (!action) return;
    const object = named ?? route;
    if (error === undefined) return audit.note({ ...told, action, outcome: "done", object });
    audit.note({ ...told, action, outcome: "failed", code: describeError(error).code, object });
  });
}
