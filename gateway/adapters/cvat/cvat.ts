import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import type { Logger } from "../../../services/runtime/logger.js";
import { type AdapterPort, AdapterRoutes, type Asked } from "../shared/adapter.js";
import { FollowedSecret } from "../shared/followed-secret.js";
import { basicOrBearer } from "../shared/keys.js";
import { knownNames } from "../shared/words.js";
import { callForm, callFunction } from "./call-function.js";
import { DirectPorts } from "./direct-ports.js";
import { describeFunction, functionNamed, functionNames } from "./functions.js";

interface CvatOptions {
  port: AdapterPort;
  /** Where functions are called directly, in their order; 0 picks a free one. */
  ports: readonly number[];
  /** The key of who calls there, which has no way to carry one. */
  key: { path: string; content: string } | undefined;
  /** Where the gateway listens. */
  host: string;
  logger: Logger;
}

/**
 * What CVAT takes for Nuclio (X8 to X10): its dashboard, and functions on ports of their own. CVAT knows no path before `/api`, so that the dashboard is there, too.
 */
export async function cvat(app: FastifyInstance, { port, ports, key, host, logger }: CvatOptions): Promise<void> {
  const direct = new DirectPorts(app.server, functionNames.slice(0, ports.length).map(directPath));
  const secret = key && new FollowedSecret(key, "the key of CVAT's own ports", logger);
  app.addHook("onReady", () => direct.listen(host, ports));
  app.addHook("onClose", (_app, done) => {
    direct.close();
    secret?.close();
    done();
  });
  const authorization = (request: FastifyRequest) =>
    secret && direct.has(request.raw) ? `Bearer ${secret.value}` : basicOrBearer(request);
  const describe = async (asked: Asked, names: readonly (typeof functionNames)[number][]) => {
    const known = await knownNames(asked);
    return names.map((name) => [name, describeFunction(name, known, direct.portOf(directPath(name)))] as const);
  };
  const dashboard = async (at: FastifyInstance) => {
    const routes = new AdapterRoutes(at, port, { authorization, errorForm });
    routes.get("/api/functions", async (asked) => Object.fromEntries(await describe(asked, functionNames)));
    routes.get("/api/functions/:name", async (asked) => {
      const { name = "" } = asked.request.params as { name?: string };
      const [[, described] = []] = await describe(asked, [functionNamed(name)]);
      return described;
    });
    routes.post("/api/function_invocations", callForm, (asked, given, body) => {
      const name = asked.request.headers["x-nuclio-function-name"];
      return callFunction(functionNamed(String(name ?? "")), asked, given, body);
    });
  };
  app.register(dashboard);
  app.register(dashboard, { prefix });
  app.register(async (at) => {
    const routes = new AdapterRoutes(at, port, { authorization, errorForm });
    for (const name of functionNames) {
      routes.post(directPath(name), callForm, (asked, given, body) => callFunction(name, asked, given, body));
    }
  });
}

const prefix = "/adapters/cvat";
const directPath = (name: string) => `${prefix}/functions/${name}`;

/** CVAT passes the status on, and shows nothing of the body: it is for who looks at the wire. */
const errorForm: ErrorForm = ({ message }) => ({ body: { error: message } });
