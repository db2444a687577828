import type { Logger } from "../runtime/logger.js";
import { describeMemory } from "../stores/memory-plan.js";
import type { Settings } from "../stores/settings.js";

/** One line with every bound in bytes; a warning where all of them together are more than the process may take. */
export function logMemory(settings: Settings, logger: Logger): void {
  const { fits, ...memory } = describeMemory(settings);
  if (fits) logger.info(memory, "memory");
  else logger.warn(memory, "caches and budgets may take more memory than there is; set smaller ones, or give it more");
}
