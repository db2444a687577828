import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkTenant } from "../../services/runtime/callers/tenant.js";
import { invalidArgument, isInternal } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Ask } from "../ask/ask.js";
import { tellAudit } from "./audit-requests.js";
import { callOf } from "./call-of.js";
import { Places } from "./places.js";

interface DeletionRoutes {
  ask: Pick<Ask, "deleteImages" | "deleteTenant">;
  metrics: Pick<Metrics, "limitHit">;
}

/** Each asks every server, and has an encoder look at all keys of the shared cache. */
const maxUnderWay = 16;
const retryAfterMs = 1000;

/** What the nameless tenant is called by who deletes all that it has. */
const namelessWord = "all";

/** `DELETE /v1/images/:id`, `DELETE /v1/images?confirm=` and `DELETE /v1/tenants/:tenant` (K4, K5). */
export async function deletionRoutes(app: FastifyInstance, { ask, metrics }: DeletionRoutes): Promise<void> {
  // K4
  const places = new Places({
    count: maxUnderWay,
    limits: { full: "deletions", share: "deletions_share" },
    refusal: "Too many pictures are being deleted at once; try again.",
    retryAfterMs,
    metrics,
  });
  const handle = (erase: (request: FastifyRequest, call: ReturnType<typeof callOf>) => Promise<void>) => {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        places.enter(request, reply);
        await erase(request, callOf(request, reply));
        return reply.code(204).send();
      } catch (error) {
        tellAudit(request, { error });
        if (isInternal(error)) request.log.error({ err: error }, "request failed");
        return replyError(reply, error);
      }
    };
  };
  app.delete(
    "/v1/images/:id",
    { config: { audit: "delete", describes: { summary: "Forgets a picture and all that was made of it" } } },
    handle((request, call) => {
      const { id } = request.params as { id: string };
      tellAudit(request, { object: id });
      return ask.deleteImages({ case: "imageId", value: checkImageId(id) }, call);
    }),
  );
  app.delete(
    "/v1/images",
    {
      config: {
        audit: "delete",
        describes: {
          summary: "Forgets every picture of the tenant",
          query: { confirm: "The tenant's name, or `all` where there is none: that it is meant." },
        },
      },
    },
    handle((request, call) => {
      checkConfirmed(request, call.origin?.tenant ?? namelessWord);
      return ask.deleteImages({ case: "everything", value: true }, call);
    }),
  );
  app.delete(
    "/v1/tenants/:tenant",
    { config: { audit: "admin", describes: { summary: "Forgets every picture of a tenant; for administrators" } } },
    handle((request, call) => {
      const { tenant } = request.params as { tenant: string };
      tellAudit(request, { object: `tenant ${tenant}` });
      return ask.deleteTenant({ tenant: checkTenant(tenant) }, call);
    }),
  );
}

/** K5 @throws ServiceError INVALID_ARGUMENT unless the query repeats the word. */
function checkConfirmed({ query }: FastifyRequest, word: string): void {
  if ((query as { confirm?: unknown }).confirm === word) return;
  throw invalidArgument(`This deletes every picture there is; say that it is meant with ?confirm=${word}.`);
}
