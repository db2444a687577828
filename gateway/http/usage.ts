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

const limits = {
  type: "array",
  items: {
    type: "object",
    required: ["name", "of", "used", "limit"],
    properties: {
      name: { type: "string" },
      of: { enum: ["principal", "tenant"] },
      used: { type: "number" },
      limit: { type: "number" },
    },
  },
};
const describes = {
  summary:
    "What is used of the limits of who asks; with `tenant`, which only an administrator may ask, of all of that one",
  query: { tenant: "A tenant's name." },
  gives: {
    json: {
      type: "object",
      required: ["tenant"],
      additionalProperties: false,
      properties: {
        tenant: { type: ["string", "null"] },
        principal: { type: "string" },
        limits,
        principals: {
          type: "array",
          items: { type: "object", properties: { principal: { type: ["string", "null"] }, limits } },
        },
      },
    },
  },
};

/** `GET /v1/usage` (Q4). */
export async function usageRoute(app: FastifyInstance, { quota }: UsageRoute): Promise<void> {
  app.get<{ Querystring: { tenant?: string } }>("/v1/usage", { config: { describes } }, async (request, reply) => {
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
