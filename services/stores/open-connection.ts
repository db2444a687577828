import type { Logger } from "../runtime/logger.js";
import { CacheConnection } from "./cache-connection.js";
import type { CacheServer } from "./cache-link.js";
import type { CacheSettings } from "./settings.js";

/** A connection to the shared cache that tells the log when a node is lost, and when it is back. */
export function openConnection(
  { server, timeoutMs }: Pick<CacheSettings, "timeoutMs"> & { server: CacheServer },
  logger: Logger,
): CacheConnection {
  const lost = new Set<string>();
  return new CacheConnection({
    server,
    timeoutMs,
    // The log tells the change, not every command that fails meanwhile: those the counter has.
    onNode(node, state, err) {
      if (state === "closed") {
        logger.info({ node }, lost.delete(node) ? "cache is back" : "cache is there");
      } else if (state === "open" && err && !lost.has(node)) {
        lost.add(node);
        logger.warn({ err, node }, "cache is lost; going on without it");
      }
    },
  });
}
