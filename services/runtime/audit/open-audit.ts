import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { pino } from "pino";
import type { Logger } from "../logger.js";
import { Counter, type Registry } from "../metrics.js";
import { OperationalError } from "../operational-error.js";
import { type Audit, noAudit } from "./audit.js";
import { AuditLog, type LineSink } from "./audit-log.js";

/** Lines that wait for a slow disk or reader: some ten thousand. */
const mostWaitingBytes = 4 * 1024 * 1024;
/** It says who did what: for its owner alone. */
const mode = 0o600;

/** At a stop, for whoever reads slowly. */
const closeMs = 2000;

/**
 * Opens the stream that `MASKWIRE_AUDIT` names.
 * @param to `off`, `stdout`, or a file's path; that is added to, and opened anew on SIGHUP, for what rotates it.
 * @throws OperationalError when the file cannot be opened.
 */
export function openAudit(to: string, logger: Pick<Logger, "error">, registry: Registry): Audit {
  // There, and 0, also where nothing is told: alerts ask for it.
  const lost = new Counter({
    name: "maskwire_audit_lost_total",
    help: "Events that the audit log had no room for",
    registers: [registry],
  });
  if (to === "off") return noAudit;
  return new AuditLog({ sink: openSink(to, logger), onLost: () => lost.inc() });
}

function openSink(to: string, logger: Pick<Logger, "error">): LineSink {
  const isFile = to !== "stdout";
  if (isFile) checkFile(to);
  // Written by a thread of the pool: Node's own standard output waits for whoever reads it.
  const stream = pino.destination({ dest: isFile ? to : 1, sync: false, maxLength: mostWaitingBytes, mode });
  let hasRoom = true;
  stream.on("drop", () => {
    hasRoom = false;
  });
  stream.on("error", (err) => logger.error({ err }, "the audit log cannot be written"));
  const reopen = () => stream.reopen();
  if (isFile) process.on("SIGHUP", reopen);
  return {
    write: (line) => {
      hasRoom = true;
      stream.write(line);
      return hasRoom;
    },
    onRoom: (listener) => void stream.on("drain", listener),
    close: async () => {
      process.off("SIGHUP", reopen);
      const closed = once(stream, "close").catch(() => {});
      stream.end();
      const timer = setTimeout(() => stream.destroy(), closeMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Said at the start, and not when something is to be written. */
function checkFile(path: string): void {
  try {
    closeSync(openSync(path, "a", mode));
  } catch (cause) {
    throw new OperationalError(`The audit log cannot be written to ${path}: see MASKWIRE_AUDIT.`, { cause });
  }
}
