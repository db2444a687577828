import { Gauge, type Registry } from "../runtime/metrics.js";

interface DatabaseState {
  isOpen(): boolean;
  /** One that is named, and cannot be asked. */
  isLost(): boolean;
}

/** Figures of data sets. */
export function createMetrics(registry: Registry, { isOpen, isLost }: DatabaseState): void {
  const gauge = (name: string, help: string, read: () => boolean) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read() ? 1 : 0);
      },
    });
  gauge("maskwire_dataset_database_open", "Whether the data sets' database is open: 1 or 0", isOpen);
  gauge("maskwire_dataset_database_lost", "Whether a database that is named cannot be asked: 1 or 0", isLost);
}
