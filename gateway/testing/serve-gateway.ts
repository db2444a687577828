import type { Access } from "../../services/runtime/callers/access.js";
import type { Quota } from "../../services/runtime/callers/quota.js";
import { Host } from "../../services/runtime/host.js";
import { MiB } from "../../services/runtime/settings/forms.js";
import { readEnv } from "../../services/runtime/settings/read-env.js";
import * as runtime from "../../services/runtime/settings.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { GatewayTier } from "../gateway-tier.js";
import { shape, variables } from "../settings.js";

interface Given {
  /** Where somebody is asked who calls. */
  access?: Access | undefined;
  /** What callers may take; left out, all. */
  quota?: Quota;
  /** As `MASKWIRE_AUDIT` has it. */
  audit?: string;
  /** Sees the host before the gateway is made. */
  watch?: (host: Host) => void;
  /** Where the other tiers are; left out, nowhere. */
  encoders?: readonly string[];
  decoders?: readonly string[];
  /** Left out, there are none. */
  datasets?: readonly string[];
}

const nowhere = ["127.0.0.1:1"];

/** A gateway on a port of loopback. @param env its settings, and those that every process has. */
export async function serveGateway(
  env: Record<string, string> = {},
  { access, quota, audit = "off", watch, encoders = nowhere, decoders = nowhere, datasets }: Given = {},
): Promise<Host> {
  const process = runtime.shape(readEnv(runtime.variables, env), 0, { heap: 0, uploads: 128 * MiB });
  const read = readEnv(variables, env);
  const adapterVideoBytes = read.MASKWIRE_ADAPTER_VIDEO_BYTES ?? 64 * MiB;
  const settings = shape(read, {
    ...process,
    sizes: {
      waiting: 32 * MiB,
      unsent: 64 * MiB,
      json: read.MASKWIRE_JSON_BYTES ?? 64 * MiB,
      videos: 64 * MiB,
      adapterVideos: adapterVideoBytes,
    },
  });
  const host = new Host({
    host: "127.0.0.1",
    port: 0,
    stopMs: 60_000,
    logger: fakeLogger(),
    audit,
    ...(access && { access }),
    ...(quota && { quota: () => quota }),
  });
  await host.listen((one) => {
    watch?.(one);
    return [new GatewayTier(one, settings, { encoders, decoders, datasets })];
  });
  await host.start();
  return host;
}
