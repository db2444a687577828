import type { FastifyInstance } from "fastify";
import { createMetrics } from "../../services/runtime/host-metrics.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { Callers } from "../callers/callers.js";
import { observeRequests } from "../http/observe-requests.js";

/** Has an application on loopback take `X-Forwarded-For` for who asks. */
export function observeAsCallers(http: FastifyInstance): void {
  const logger = fakeLogger();
  const metrics = createMetrics();
  metrics.close();
  observeRequests({ http, metrics, logger }, new Callers({ trustedProxies: ["127.0.0.1"], logger }));
}
