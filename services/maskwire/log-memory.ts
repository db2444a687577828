import { describeMemory, type PlannedMemory } from "../runtime/limits/memory-plan.js";
import type { Logger } from "../runtime/logger.js";

/** One line with every bound in bytes; a warning where all of them together are more than the process may take. */
export function logMemory(planned: PlannedMemory, logger: Logger): void {
  const { fits, ...memory } = describeMemory(planned);
  if (fits) logger.info(memory, "memory");
  else logger.warn(memory, "caches and budgets may take more memory than there is; set smaller ones, or give it more");
}
