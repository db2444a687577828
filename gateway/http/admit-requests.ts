import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../../services/runtime/callers/access.js";
import { asCaller } from "../../services/runtime/callers/caller.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { PeerRoles } from "../callers/peer-roles.js";
import { tooManyRequests } from "./limit-requests.js";
import { letIn, visitorOf } from "./observe-requests.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Where its clients carry their key elsewhere than in the header of that name: what that would be. */
    authorization?: (request: FastifyRequest) => string | undefined | Promise<string | undefined>;
  }
}

interface AdmitOptions {
  access: Access;
  roles: PeerRoles;
  rates: CallerRates;
  metrics: Pick<Metrics, "limitHit">;
}

/**
 * Lets the requests in of those who are known (L1), whatever they ask for; what they may is for the door to the other tiers to say. From here
 * on a request counts for its principal. What is refused counts against the address, so that guessing has a rate.
 */
export function admitRequests(http: FastifyInstance, { access, roles, rates, metrics }: AdmitOptions): void {
  http.addHook("onRequest", (request, reply, done) => {
    const visitor = visitorOf(request);
    if (!visitor || request.is404 || request.routeOptions.config.isPublic) return done();
    const at = visitor.caller;
    const { socket } = request.raw;
    const admit = (principal: Principal) => {
      letIn(request, { principal, caller: asCaller(principal, at) }, (onEnd) => access.watch(principal, onEnd));
      done();
    };
    const refuse = (error: unknown) => {
      const waitMs = rates.of(at.key).take();
      if (waitMs > 0) metrics.limitHit("requests_rate");
      replyError(reply, waitMs > 0 ? tooManyRequests(waitMs) : error);
    };
    try {
      roles.check(socket);
      if (access.isOpen) {
        letIn(request, { principal: roles.anyoneAt(socket), caller: at });
        return done();
      }
      const { authorization: find } = request.routeOptions.config;
      const found = find ? find(request) : request.headers.authorization;
      const identified =
        found instanceof Promise
          ? found.then((authorization) => access.identify({ authorization }))
          : access.identify({ authorization: found });
      if (identified instanceof Promise) identified.then(admit, refuse);
      else admit(identified);
    } catch (error) {
      refuse(error);
    }
  });
}
