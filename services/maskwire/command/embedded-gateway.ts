import { variables as accessVariables } from "../../access/settings.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { createLogger } from "../../runtime/logger.js";
import { variables as tlsVariables } from "../../runtime/tls/settings.js";
import { Maskwire } from "../maskwire.js";
import { type Env, readEnv, shapeSettings } from "../settings.js";
import { usageError } from "./command-error.js";

/**
 * A whole Maskwire for one command: on a free port of this machine, its cache in memory, silent unless it fails.
 * @param model the one to serve; what the variables say when it is left out. @throws CommandError (bad usage) when there is none
 *   of that name.
 */
export async function startEmbedded(env: Record<string, string | undefined>, model?: string): Promise<Maskwire> {
  // Nobody else reaches it.
  const { MASKWIRE_CACHE_URL: _, ...read } = readEnv(env);
  const doors = { ...accessVariables, ...tlsVariables };
  const own = Object.fromEntries(Object.entries(read).filter(([name]) => !(name in doors))) as Env;
  const settings = shapeSettings({
    ...own,
    ...(model === undefined ? {} : { MASKWIRE_MODEL: model }),
    MASKWIRE_ROLE: "all",
    MASKWIRE_HOST: "127.0.0.1",
    MASKWIRE_PORT: 0,
    MASKWIRE_ADMIN_PORT: "off",
  });
  const maskwire = new Maskwire(settings, createLogger(own.MASKWIRE_LOG_LEVEL ?? "error"));
  try {
    await maskwire.start();
  } catch (error) {
    await maskwire.stop();
    if (error instanceof ServiceError && error.code === Code.INVALID_ARGUMENT) throw usageError(error.message);
    throw error;
  }
  return maskwire;
}
