import type { RouteOptions } from "fastify";
import { afterEach, expect, it } from "vitest";
import type { Host } from "../../services/runtime/host.js";
import { FakeAccess, principalOf } from "../../services/runtime/testing/fake-access.js";
import { serveGateway } from "../testing/serve-gateway.js";
import { adapterNames } from "./names.js";

let host: Host | undefined;
afterEach(async () => {
  host?.force();
  await host?.stop();
});

const isAdapter = ({ url }: RouteOptions) => url.startsWith("/adapters/") || url.startsWith("/api/");

it("L1, W2, X1: every adapter's route asks who is there, of pages of strangers too, but for what says that it is up", async () => {
  const routes: RouteOptions[] = [];
  host = await serveGateway(
    { MASKWIRE_ADAPTERS: adapterNames.join() },
    {
      access: new FakeAccess({ user: principalOf("acme") }),
      watch: ({ http }) => http.addHook("onRoute", (route) => void (isAdapter(route) && routes.push(route))),
    },
  );
  const base = `http://127.0.0.1:${host.port}`;
  for (const name of adapterNames)
    expect(
      routes.some(({ url }) => url.startsWith(`/adapters/${name}/`)),
      name,
    ).toBe(true);
  for (const { url, method: methods, config } of routes) {
    for (const method of [methods].flat()) {
      const what = `${method} ${url}`;
      const path = `${base}${url.replace(/:\w+/g, "any")}`;
      expect((await fetch(path, { method, headers: { origin: "https://evil.example.org" } })).status, what).toBe(403);
      const answer = await fetch(path, { method });
      if (config?.isPublic) {
        expect(answer.status, what).toBe(200);
        continue;
      }
      expect(answer.status, what).toBe(401);
      expect(answer.headers.get("www-authenticate"), what).toMatch(/realm="maskwire"/);
      if (method !== "HEAD") expect(await answer.text(), what).toMatch(/"(?:detail|error|message)":"[^"]+\."/);
    }
  }
});

it("are off where nobody has named them", async () => {
  host = await serveGateway();
  for (const path of [...adapterNames.map((name) => `/adapters/${name}/`), "/api/functions"]) {
    expect((await fetch(`http://127.0.0.1:${host.port}${path}`)).status, path).toBe(404);
  }
});
