import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { Code, ServiceError } from "./errors.js";
import { createHttp } from "./http/create-http.js";
import { hostOf, isAddressOrLocalhost, isLoopback } from "./http/host-of.js";
import { replyError } from "./http/reply-error.js";
import type { Logger } from "./logger.js";
import type { Registry } from "./metrics.js";

interface Served {
  logger: Logger;
  metrics: Pick<Registry, "contentType" | "metrics">;
  /** Adds what says how the process is. */
  health: (app: FastifyInstance) => void;
}

/** What only the operator asks of a process: a port of its own, which no proxy's rule has to keep strangers from. */
export class AdminPort {
  readonly #http: FastifyInstance;
  #port = 0;
  #isForThisMachine = false;

  constructor({ logger, metrics, health }: Served) {
    this.#http = createHttp(logger).app;
    this.#http.addHook("onRequest", (request, reply, done) => {
      const host = hostOf(request.headers.host ?? "localhost");
      if (!this.#isForThisMachine || (host !== undefined && isAddressOrLocalhost(host))) return done();
      const message =
        "The operator's port is asked by its address, or as localhost, where it listens to this machine alone.";
      replyError(reply, new ServiceError({ code: Code.PERMISSION_DENIED, message }), 421);
    });
    health(this.#http);
    this.#http.get("/metrics", async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    );
  }

  get port(): number {
    return this.#port;
  }

  /** @param where port 0 picks a free one. */
  async listen(where: { host: string; port: number }): Promise<void> {
    this.#isForThisMachine = isLoopback(where.host);
    await this.#http.listen(where);
    this.#port = (this.#http.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
