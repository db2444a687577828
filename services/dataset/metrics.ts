import { JobWorkSchema } from "../../proto/index.js";
import { Counter, Gauge, type Registry } from "../runtime/metrics.js";
import { orAborted } from "../runtime/waits.js";
import { itemOutcomes, type OnItem } from "./jobs/workers.js";

interface DatasetState {
  isOpen(): boolean;
  /** One that is named, and cannot be asked. */
  isLost(): boolean;
  /** What open jobs have yet to do; undefined while the database is not open. */
  itemsLeft(): Promise<number | undefined>;
}

/** Whoever reads the figures waits no longer for one of them: a database that is lost may be silent for long. */
const answerMs = 1000;
/** Of jobs, as the contract has them. */
const kinds = JobWorkSchema.oneofs.flatMap(({ fields }) => fields.map(({ localName }) => localName));

/** Figures of data sets. */
export function createMetrics(registry: Registry, { isOpen, isLost, itemsLeft }: DatasetState): { onItem: OnItem } {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => boolean) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read() ? 1 : 0);
      },
    });
  gauge("maskwire_dataset_database_open", "Whether the data sets' database is open: 1 or 0", isOpen);
  gauge("maskwire_dataset_database_lost", "Whether a database that is named cannot be asked: 1 or 0", isLost);
  new Gauge({
    name: "maskwire_dataset_items_left",
    help: "Items that open jobs have yet to do, in all of the database; not there while that does not answer",
    registers,
    async collect() {
      const left = await orAborted(itemsLeft(), AbortSignal.timeout(answerMs)).catch(() => undefined);
      if (left === undefined) this.remove();
      else this.set(left);
    },
  });
  const items = new Counter({
    name: "maskwire_dataset_items_total",
    help: "Items of jobs that this process has tried, by the job's kind and what came of it",
    labelNames: ["kind", "outcome"],
    registers,
  });
  // A rate sees the first of them.
  for (const kind of kinds) for (const outcome of itemOutcomes) items.inc({ kind, outcome }, 0);
  return {
    onItem(kind, outcome) {
      if (kind) items.inc({ kind, outcome });
    },
  };
}
