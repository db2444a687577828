import type { FastifyInstance } from "fastify";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import type { Logger } from "../../services/runtime/logger.js";
import { cvat } from "./cvat/cvat.js";
import { labelStudio } from "./label-studio/label-studio.js";
import type { AdapterName } from "./names.js";
import { osam } from "./osam/osam.js";
import { roboflow } from "./roboflow/roboflow.js";
import { samapi } from "./samapi/samapi.js";
import type { AdapterPort } from "./shared/adapter.js";
import { xAnyLabeling } from "./x-anylabeling/x-anylabeling.js";

interface AdapterOptions {
  port: AdapterPort;
  adapters: readonly AdapterName[];
  labelStudio: { url: string | undefined; token: { path: string; content: string } | undefined };
  cvat: { ports: readonly number[]; key: { path: string; content: string } | undefined };
  /** Where the gateway listens. */
  host: string;
  pictureHosts: readonly string[];
  maxImageBytes: number;
  deadlineMs: number;
  /** Of the frames of videos that tools have sent. */
  adapterVideoBytes: number;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
  logger: Logger;
}

/** Routes of the adapters that are turned on, each below its prefix. */
export function registerAdapters(http: FastifyInstance, options: AdapterOptions): void {
  const { adapters, port } = options;
  const isOn = (name: AdapterName) => adapters.includes(name);
  const at = (name: AdapterName) => ({ prefix: `/adapters/${name}`, port });
  http.register(async (tools) => {
    // What a tool asks and is told its own documents say.
    tools.addHook("onRoute", (route) => {
      route.config = { ...route.config, describes: "elsewhere" };
    });
    if (isOn("cvat")) tools.register(cvat, { ...options, ...options.cvat });
    if (isOn("label-studio"))
      tools.register(labelStudio, { ...options, ...options.labelStudio, ...at("label-studio") });
    if (isOn("x-anylabeling")) tools.register(xAnyLabeling, { ...options, ...at("x-anylabeling") });
    if (isOn("roboflow")) tools.register(roboflow, { ...options, ...at("roboflow") });
    if (isOn("samapi")) tools.register(samapi, at("samapi"));
    if (isOn("osam")) tools.register(osam, at("osam"));
  });
}
