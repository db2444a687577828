import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Audit } from "../../services/runtime/audit/audit.js";
import type { Access } from "../../services/runtime/callers/access.js";
import { asCaller, type Caller } from "../../services/runtime/callers/caller.js";
import { anyone, type Principal } from "../../services/runtime/callers/principal.js";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { Code, describeError, type ErrorInit, isInternal } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { answerRaw } from "../../services/runtime/http/raw-answer.js";
import { httpStatus } from "../../services/runtime/http/reply-error.js";
import type { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { Logger } from "../../services/runtime/logger.js";
import type { BrowserRules } from "../browsers/browser-rules.js";
import type { Callers } from "../callers/callers.js";
import type { PeerRoles } from "../callers/peer-roles.js";
import { auditedAs } from "../http/audit-requests.js";
import { requestRefusal, tooManyRequests } from "../http/limit-requests.js";
import type { Sessions } from "./sessions.js";
import { offeredProtocols } from "./web-socket.js";

const sessionsPath = "/v1/ws";

/** A browser cannot set headers when it opens a WebSocket: what it was given for that comes as a subprotocol of this beginning (L4). */
const ticketPrefix = "maskwire.ticket.";

interface DoorOptions {
  rules: Pick<BrowserRules, "refusalOf">;
  access: Access;
  audit: Audit;
  callers: Callers;
  roles: PeerRoles;
  rates: CallerRates;
  quota: Pick<Quota, "tryTake">;
  sessions: Pick<Sessions, "upgrade">;
  metrics: Pick<Metrics, "limitHit">;
  logger: Logger;
}

/** What every WebSocket comes through: which page, paths, rates and who asks, before anything is upgraded. */
export class SessionDoor {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  enter(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { rules, access, audit, callers, roles, sessions, logger } = this.#options;
    // As where sessions are, whatever the path: nobody opens one by following a link.
    const refusal = rules.refusalOf(request, sessionsPath);
    if (refusal) {
      this.#refuse(request, socket, refusal.status, refusal.error);
      return;
    }
    const at = callers.of(request);
    // Not `new URL`, which throws for what a stranger may send.
    const [pathname] = (request.url ?? "").split("?");
    if (pathname !== sessionsPath) {
      if (this.#hasRate(at, request, socket)) answerRaw(socket, 404, noSuchPath);
      return;
    }
    const admit = (principal: Principal) => {
      const visitor = { principal, caller: asCaller(principal, at) };
      const refusal = requestRefusal(visitor, this.#options);
      if (refusal) {
        this.#refuse(request, socket, 429, describeError(refusal), principal);
        return;
      }
      if (principal.tenant !== undefined) {
        audit.note({ ...auditedAs(principal, this.#options, request), action: "key-use", outcome: "done" });
      }
      sessions.upgrade(request, socket, head, visitor);
    };
    const refuse = (error: unknown) => {
      if (isInternal(error)) logger.error({ err: error }, "it could not be told who opens a session");
      const told = describeError(error);
      if (this.#hasRate(at, request, socket)) this.#refuse(request, socket, httpStatus(told), told);
    };
    try {
      roles.check(request.socket);
      const identified = access.identify({ authorization: request.headers.authorization, ticket: ticketOf(request) });
      if (identified instanceof Promise) identified.then(admit, refuse);
      else admit(identified);
    } catch (error) {
      refuse(error);
    }
  }

  /** H20 */
  #hasRate(caller: Caller, request: IncomingMessage, socket: Duplex): boolean {
    const { rates, metrics } = this.#options;
    const waitMs = rates.of(caller.key).take();
    if (waitMs === 0) return true;
    metrics.limitHit("requests_rate");
    this.#refuse(request, socket, 429, describeError(tooManyRequests(waitMs)));
    return false;
  }

  #refuse(request: IncomingMessage, socket: Duplex, status: number, error: ErrorInit, principal = anyone): void {
    const { audit } = this.#options;
    const action = error.code === Code.RESOURCE_EXHAUSTED ? "limited" : "denied";
    const who = auditedAs(principal, this.#options, request);
    audit.note({ ...who, action, outcome: "refused", code: error.code, object: `GET ${sessionsPath}` });
    answerRaw(socket, status, error);
  }
}

const noSuchPath = { code: Code.NOT_FOUND, message: "There is no WebSocket at this path." };

function ticketOf(request: IncomingMessage): string | undefined {
  const offered = offeredProtocols(request)?.find((name) => name.startsWith(ticketPrefix));
  return offered?.slice(ticketPrefix.length);
}
