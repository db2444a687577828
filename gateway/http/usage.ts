import type { FastifyInstance } from "fastify";
import { requireScope } from "../../services/runtime/callers/access.js";
import { anyone } from "../../services/runtime/callers/principal.js";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { checkTenant } from "../../services/runtime/callers/tenant.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { visitorOf } from "./observe-requests.js";

interface UsageRoute {
  quota: Pick<Quota, "usageOf" | "usageOfTenant">;
}

/** `GET /v1/usage` (Q4). */
export async function usageRoute(app: FastifyInstance, { quota }: UsageRoute): Promise<void> {
  app.get<{ Querystring: { tenant?: string } }>("/v1/usage", async (request, reply) => {
    const { principal = anyone } = visitorOf(request) ?? {};
    const { tenant: wanted } = request.query;
    reply.header("cache-control", "no-store");
    try {
      if (wanted === undefined) {
        const { id, tenant = null } = principal;
        return { principal: id, tenant, limits: await quota.usageOf(principal) };
      }
      requireScope(principal, "admin");
      const tenant = checkTenant(wanted);
      const usage = await quota.usageOfTenant(tenant);
      return { tenant, principals: usage.map(({ principal: id = null, limits }) => ({ principal: id, limits })) };
    } catch (error) {
      return replyError(reply, error);
    }
  });
}
