import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Access } from "../../services/runtime/callers/access.js";
import { asCaller, type Caller } from "../../services/runtime/callers/caller.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { Code, describeError, isInternal } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { answerRaw } from "../../services/runtime/http/raw-answer.js";
import { httpStatus } from "../../services/runtime/http/reply-error.js";
import type { Logger } from "../../services/runtime/logger.js";
import type { BrowserRules } from "../browsers/browser-rules.js";
import type { CallerRates } from "../callers/caller-rates.js";
import type { Callers } from "../callers/callers.js";
import { requestRefusal, tooManyRequests } from "../http/limit-requests.js";
import type { Sessions } from "./sessions.js";
import { offeredProtocols } from "./web-socket.js";

const sessionsPath = "/v1/ws";

/** A browser cannot set headers when it opens a WebSocket: what it was given for that comes as a subprotocol of this beginning (L4). */
const ticketPrefix = "maskwire.ticket.";

interface DoorOptions {
  rules: Pick<BrowserRules, "refusalOf">;
  access: Access;
  callers: Callers;
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
    const { rules, access, callers, sessions, logger } = this.#options;
    // As where sessions are, whatever the path: nobody opens one by following a link.
    const refusal = rules.refusalOf(request, sessionsPath);
    if (refusal) {
      answerRaw(socket, refusal.status, refusal.error);
      return;
    }
    const at = callers.of(request);
    // Not `new URL`, which throws for what a stranger may send.
    const [pathname] = (request.url ?? "").split("?");
    if (pathname !== sessionsPath) {
      if (this.#hasRate(at, socket)) answerRaw(socket, 404, noSuchPath);
      return;
    }
    const admit = (principal: Principal) => {
      const visitor = { principal, caller: asCaller(principal, at) };
      const refusal = requestRefusal(visitor, this.#options);
      if (refusal) answerRaw(socket, 429, describeError(refusal));
      else sessions.upgrade(request, socket, head, visitor);
    };
    const refuse = (error: unknown) => {
      if (isInternal(error)) logger.error({ err: error }, "it could not be told who opens a session");
      const told = describeError(error);
      if (this.#hasRate(at, socket)) answerRaw(socket, httpStatus(told), told);
    };
    try {
      const identified = access.identify({ authorization: request.headers.authorization, ticket: ticketOf(request) });
      if (identified instanceof Promise) identified.then(admit, refuse);
      else admit(identified);
    } catch (error) {
      refuse(error);
    }
  }

  /** H20 */
  #hasRate(caller: Caller, socket: Duplex): boolean {
    const { rates, metrics } = this.#options;
    const waitMs = rates.of(caller.key).take();
    if (waitMs === 0) return true;
    metrics.limitHit("requests_rate");
    answerRaw(socket, 429, describeError(tooManyRequests(waitMs)));
    return false;
  }
}

const noSuchPath = { code: Code.NOT_FOUND, message: "There is no WebSocket at this path." };

function ticketOf(request: IncomingMessage): string | undefined {
  const offered = offeredProtocols(request)?.find((name) => name.startsWith(ticketPrefix));
  return offered?.slice(ticketPrefix.length);
}
