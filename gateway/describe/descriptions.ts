import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, RouteOptions } from "fastify";
import { projectRoot } from "../../services/runtime/project-root.js";
import { asyncApi } from "./asyncapi.js";
import { type DescribedRoute, openApi } from "./openapi.js";
import type { Operation } from "./operation.js";

/** What every process answers, and this folder cannot be known by. */
const ofEveryProcess: Readonly<Record<string, Operation>> = {
  "/livez": {
    summary: "Whether the process lives",
    gives: {
      json: {
        type: "object",
        properties: { alive: { const: true } },
        required: ["alive"],
        additionalProperties: false,
      },
    },
  },
  "/readyz": {
    summary: "Whether it takes work, and what it waits for; 503 while it does not",
    gives: { json: { type: "object", required: ["ready"] } },
  },
};

/** Routes tell what they are beside themselves (`config.describes`); this makes the documents of it that clients are written from. */
export class Descriptions {
  readonly #routes: RouteOptions[] = [];

  /** Before any other route of the app. */
  constructor(app: FastifyInstance) {
    app.addHook("onRoute", (route) => {
      this.#routes.push(route);
    });
  }

  /** `GET /v1/openapi.json` and `GET /v1/asyncapi.json` (H24). */
  readonly routes = async (app: FastifyInstance): Promise<void> => {
    const version = versionOfProject();
    const anything = { json: { type: "object" } };
    const serve = (path: string, summary: string, make: () => unknown) => {
      let text: Buffer | undefined;
      app.get(path, { config: { isPublic: true, describes: { summary, gives: anything } } }, (_request, reply) => {
        // Once all routes are there. Bytes, so that all who have not read it yet wait for the same ones.
        text ??= Buffer.from(JSON.stringify(make()));
        return reply.header("cache-control", "no-cache").type("application/json; charset=utf-8").send(text);
      });
    };
    serve("/v1/openapi.json", "This document: OpenAPI 3.1", () => openApi(this.#described, version));
    serve("/v1/asyncapi.json", "What a session at /v1/ws says and is told: AsyncAPI 3", () => asyncApi(version));
  };

  /** HEAD goes with GET, and OPTIONS is every path's. */
  get #all(): RouteOptions[] {
    return this.#routes.filter(({ method }) => ![method].flat().some((one) => one === "HEAD" || one === "OPTIONS"));
  }

  get #described(): DescribedRoute[] {
    const own = this.#all.flatMap(({ method, url, config }) => {
      const operation = config?.describes;
      if (operation === undefined || operation === "elsewhere") return [];
      return [method].flat().map((one) => ({ method: one, url, isPublic: config?.isPublic === true, operation }));
    });
    const common = Object.entries(ofEveryProcess).map(([url, operation]) => ({
      method: "GET",
      url,
      isPublic: true,
      operation,
    }));
    return [...common, ...own];
  }
}

function versionOfProject(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };
  return version;
}
