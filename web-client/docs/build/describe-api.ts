import { GatewayTier } from "../../../gateway/gateway-tier.js";
import { shape, variables } from "../../../gateway/settings.js";
import { Host } from "../../../services/runtime/host.js";
import { createLogger } from "../../../services/runtime/logger.js";
import { MiB } from "../../../services/runtime/settings/forms.js";
import { readEnv } from "../../../services/runtime/settings/read-env.js";
import * as runtime from "../../../services/runtime/settings.js";
import { describeMessages } from "./describe-messages.js";
import { describeRoutes, type OpenApi } from "./describe-routes.js";

interface ApiDescription {
  /** Markdown by the names that documents ask for it. */
  readonly parts: Readonly<Record<string, string>>;
  /** Files of the site. */
  readonly documents: Readonly<Record<string, string>>;
}

/** What the API's own sources say of it. @param root the repository's folder. */
export async function describeApi(root: string): Promise<ApiDescription> {
  const [documents, messages] = await Promise.all([documentsOfGateway(), describeMessages(root)]);
  const routes = describeRoutes(JSON.parse(documents["openapi.json"]) as OpenApi);
  return { documents, parts: { routes, ...messages } };
}

/** As a gateway with every tier hands them out: one is put together for it, and asked without a port. */
async function documentsOfGateway() {
  const nowhere = ["127.0.0.1:1"];
  const process = runtime.shape(readEnv(runtime.variables, {}), 0, { heap: 0, uploads: MiB });
  const settings = shape(readEnv(variables, {}), {
    ...process,
    sizes: { waiting: MiB, unsent: MiB, json: MiB, videos: MiB, adapterVideos: 0 },
  });
  const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 0, logger: createLogger("silent") });
  const gateway = new GatewayTier(host, settings, { encoders: nowhere, decoders: nowhere, datasets: nowhere });
  try {
    const ask = async (url: string) => (await host.http.inject({ url, headers: { host: "localhost" } })).payload;
    return { "openapi.json": await ask("/v1/openapi.json"), "asyncapi.json": await ask("/v1/asyncapi.json") };
  } finally {
    await gateway.close();
    await host.stop();
  }
}
