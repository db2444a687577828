import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../../services/runtime/callers/access.js";
import type { Principal } from "../../services/runtime/callers/principal.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { tellAudit } from "./audit-requests.js";
import { visitorOf } from "./observe-requests.js";

const text = { type: "string" };
const time = { type: "string", format: "date-time" };
const descriptions = {
  auth: {
    summary: "Whether callers are asked who they are, and how they can show it",
    gives: {
      json: {
        type: "object",
        required: ["required"],
        additionalProperties: false,
        properties: {
          required: { type: "boolean" },
          methods: { type: "array", items: text },
          oidc: { type: "object", description: "The provider where people sign in." },
        },
      },
    },
  },
  me: {
    summary: "Who is calling, and what they may do",
    gives: {
      json: {
        type: "object",
        required: ["id", "scopes"],
        additionalProperties: false,
        properties: { id: text, tenant: text, scopes: { type: "array", items: text }, expiresAt: time },
      },
    },
  },
  tickets: {
    summary: "A ticket that one WebSocket is opened with, as its subprotocol maskwire.ticket.TICKET",
    gives: {
      json: {
        type: "object",
        required: ["ticket", "expiresInMs"],
        additionalProperties: false,
        properties: { ticket: text, expiresInMs: { type: "integer" }, sessionUntil: time },
      },
    },
  },
};

/** What a page needs to know of who it is for, and how its sessions begin (L6 to L8). */
export async function accessRoutes(app: FastifyInstance, { access }: { access: Access }): Promise<void> {
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.get("/v1/auth", { config: { isPublic: true, describes: descriptions.auth } }, () => ({
    required: !access.isOpen,
    ...access.signIn,
  }));
  app.get("/v1/me", { config: { describes: descriptions.me } }, (request) => {
    const { id, tenant, scopes, expiresAt } = principalOf(request);
    return { id, tenant, scopes: [...scopes], expiresAt: asTime(expiresAt) };
  });
  app.post("/v1/tickets", { config: { audit: "sign-in", describes: descriptions.tickets } }, async (request, reply) => {
    try {
      const { ticket, expiresInMs, sessionUntil } = await access.giveTicket(principalOf(request));
      return { ticket, expiresInMs, sessionUntil: asTime(sessionUntil) };
    } catch (error) {
      tellAudit(request, { error });
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}

function principalOf(request: FastifyRequest): Principal {
  const visitor = visitorOf(request);
  if (!visitor) throw new Error("the request was not let in");
  return visitor.principal;
}

const asTime = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
