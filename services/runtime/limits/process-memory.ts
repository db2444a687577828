import { totalmem } from "node:os";

/** Bytes that the process may take: its container's limit where there is one, or else the machine's memory. */
export function memoryLimitBytes(): number {
  // Without a limit some kernels report one that no machine has.
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
