import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { createHttp } from "./http/create-http.js";
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

  constructor({ logger, metrics, health }: Served) {
    this.#http = createHttp(logger).app;
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
    await this.#http.listen(where);
    this.#port = (this.#http.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
