import { createLogger } from "../../runtime/logger.js";
import { readEnv, shapeSettings } from "../../runtime/settings.js";
import { Maskwire } from "../maskwire.js";

/** A whole Maskwire for one command: on a free port of this machine, its cache in memory, silent unless it fails. */
export async function startEmbedded(env: Record<string, string | undefined>): Promise<Maskwire> {
  const { MASKWIRE_CACHE_URL: _, ...own } = readEnv(env);
  const settings = shapeSettings({
    ...own,
    MASKWIRE_ROLE: "all",
    MASKWIRE_HOST: "127.0.0.1",
    MASKWIRE_PORT: 0,
    MASKWIRE_ADMIN_PORT: "off",
  });
  const maskwire = new Maskwire(settings, createLogger(own.MASKWIRE_LOG_LEVEL ?? "error"));
  await maskwire.start();
  return maskwire;
}
