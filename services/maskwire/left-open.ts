import type { Logger } from "../runtime/logger.js";

/** What ends by itself has ended by then. */
const lingerMs = 2000;

/** A process that has stopped ends, whatever is left open in it: of that the log tells the kinds. */
export function endDespiteLeftOpen(logger: Pick<Logger, "warn">): void {
  const end = () => {
    logger.warn({ left: process.getActiveResourcesInfo() }, "stopped, and ended although something was left open");
    process.exit();
  };
  setTimeout(end, lingerMs).unref();
}
