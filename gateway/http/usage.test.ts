import fastify from "fastify";
import { afterEach, expect, it } from "vitest";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { principalOf } from "../../services/runtime/testing/fake-access.js";
import { observeAsCallers } from "../testing/observe-as-callers.js";
import { letIn } from "./observe-requests.js";
import { usageRoute } from "./usage.js";

const app = fastify();
afterEach(() => app.close());

const limits = [
  { name: "clicksPerMinute", of: "principal", window: 60, used: 3, limit: 10, resetsAt: "2030-01-01T00:00:10.000Z" },
] as const;
const quota: Pick<Quota, "usageOf" | "usageOfTenant"> = {
  usageOf: async () => [...limits],
  usageOfTenant: async (tenant) => (tenant === "acme" ? [{ principal: undefined, limits: [...limits] }] : []),
};

it("Q4: tells who asks of its own limits, and an admin of a tenant's", async () => {
  observeAsCallers(app);
  const people = { user: principalOf("acme", ["segment"]), admin: principalOf("ops", ["admin"]) };
  app.addHook("onRequest", (request, _reply, done) => {
    const principal = people[request.headers.authorization as keyof typeof people];
    letIn(request, { principal, caller: { key: "someone", tenant: principal.tenant } });
    done();
  });
  await app.register(usageRoute, { quota });
  const ask = async (who: string, query = "") => {
    const answer = await app.inject({ url: `/v1/usage${query}`, headers: { authorization: who } });
    return [answer.statusCode, answer.json()];
  };
  expect(await ask("user")).toEqual([200, { principal: "someone-of-acme", tenant: "acme", limits }]);
  expect(await ask("user", "?tenant=acme")).toEqual([
    403,
    { error: expect.objectContaining({ code: "PERMISSION_DENIED" }) },
  ]);
  expect(await ask("admin", "?tenant=acme")).toEqual([
    200,
    { tenant: "acme", principals: [{ principal: null, limits }] },
  ]);
  expect((await ask("admin", "?tenant=No%20Such"))[0]).toBe(400);
});
