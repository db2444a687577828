import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Audit, AuditAction } from "../../services/runtime/audit/audit.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import { Code, describeError } from "../../services/runtime/errors.js";
import type { Callers } from "../callers/callers.js";
import type { PeerRoles } from "../callers/peer-roles.js";
import { originOf, visitorOf } from "./observe-requests.js";

/** What a route did, where its status does not say. */
interface Done {
  /** A picture's id. */
  readonly object?: string;
  /** Where the route itself does not always do the same. */
  readonly action?: AuditAction | undefined;
  readonly error?: unknown;
}

const done = new WeakMap<FastifyRequest, Done>();

/** A route that the audit log tells of says to what it did something, and why it did not. */
export function tellAudit(request: FastifyRequest, what: Done): void {
  done.set(request, { ...done.get(request), ...what });
}

/** What tells of it at once. */
const notes = new WeakMap<FastifyRequest, (what: Done) => void>();

/** What a request has just done, of which there may be more, or that is done when it has long been answered: told at once. */
export function noteAudit(request: FastifyRequest, what: Done & Required<Pick<Done, "action" | "object">>): void {
  notes.get(request)?.(what);
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
export const auditedAs = (principal: Principal, origins: Origins, request: IncomingMessage) =>
  named(principal, whereFrom(origins, request));

/** Where it came from, as long as its connection is there to be asked. */
function whereFrom({ callers, roles }: Origins, request: IncomingMessage) {
  const certificate = roles.nameAt(request.socket);
  return { ...(certificate === undefined ? {} : { certificate }), address: callers.networkOf(request) };
}

const named = ({ id, tenant }: Principal, where: ReturnType<typeof whereFrom>) =>
  tenant === undefined ? { principal: undefined, ...where } : { tenant, principal: id, ...where };

/** Tells the audit log of requests: keys that are used, who is refused, and what routes that say so in `config.audit` have done. */
export function auditRequests(http: FastifyInstance, audit: Audit, origins: Origins): void {
  const places = new WeakMap<FastifyRequest, ReturnType<typeof whereFrom>>();
  /** Who it was, and the request's id; undefined for a route that is not observed. */
  const whoOf = (request: FastifyRequest) => {
    const visitor = visitorOf(request);
    const where = places.get(request);
    return visitor && where && { ...named(visitor.principal, where), request: originOf(request)?.request };
  };
  const note = (told: ReturnType<typeof whoOf>, { action, object, error }: Done) => {
    if (!told || !action) return;
    if (error === undefined) return audit.note({ ...told, action, outcome: "done", object });
    audit.note({ ...told, action, outcome: "failed", code: describeError(error).code, object });
  };
  http.addHook("onRequest", (request, _reply, next) => {
    places.set(request, whereFrom(origins, request.raw));
    notes.set(request, (what) => note(whoOf(request), what));
    next();
  });
  http.addHook("onResponse", (request, reply, next) => {
    next();
    const who = whoOf(request);
    if (!who) return;
    const route = `${request.method} ${request.routeOptions.url ?? "unknown"}`;
    const { object = route, error, action = request.routeOptions.config.audit } = done.get(request) ?? {};
    if (who.principal !== undefined) audit.note({ ...who, action: "key-use", outcome: "done" });
    const refusal = refusals.get(reply.statusCode);
    if (refusal) return audit.note({ ...who, ...refusal, outcome: "refused", object: route });
    note(who, { action, object, error });
  });
}
