import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatasetService } from "../../proto/index.js";
import { serve } from "../runtime/grpc/serve.js";
import type { Host, Tier } from "../runtime/host.js";
import { UploadBudget } from "../runtime/limits/upload-budget.js";
import { DatabaseWatch } from "./database-watch.js";
import type { FileStore } from "./files/file-store.js";
import type { ObjectStorePlace } from "./files/object-store-url.js";
import type { Engine } from "./jobs/engine.js";
import type { FetchPicture } from "./jobs/imports/import-source.js";
import { itemsLeft } from "./jobs/items-left.js";
import type { Measure } from "./measure.js";
import { createMetrics } from "./metrics.js";
import { OnDemand } from "./on-demand.js";
import { openParts, type Parts } from "./parts.js";
import { handlers, scopes } from "./rpc/table.js";
import type { DatasetSettings } from "./settings.js";
import type { MakeThumbnail } from "./thumbnails/thumbnails.js";

interface DatasetSurroundings {
  files: FileStore;
  /** Of this machine, for a database of our own. */
  dataFolder: string;
  /** What makes masks for jobs. */
  engine: Engine & AsyncDisposable;
  measuring: { measure: Measure; thumbnail: MakeThumbnail } & AsyncDisposable;
  /** Where buckets are that are not Amazon's. */
  objectStore: ObjectStorePlace | undefined;
  /** Of imports by address, where any may be fetched. */
  fetchPicture: FetchPicture | undefined;
}

/** Data sets: their database, their files and the jobs over them. Nothing of it is opened before somebody has a data set. */
export class DatasetTier implements Tier {
  readonly name = "dataset";
  readonly services = [DatasetService.typeName];
  readonly #host: Host;
  readonly #settings: DatasetSettings;
  readonly #surroundings: DatasetSurroundings;
  readonly #folder: string;
  readonly #parts: OnDemand<Parts>;
  readonly #watch: DatabaseWatch | undefined;
  #isStarted = false;

  constructor(host: Host, settings: DatasetSettings, surroundings: DatasetSurroundings) {
    const { logger } = host;
    const { files, engine, measuring, dataFolder, objectStore, fetchPicture } = surroundings;
    const { measure, thumbnail } = measuring;
    this.#host = host;
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#folder = join(dataFolder, "database");
    const folder = this.#folder;
    const sources = { files, objectStore, fetchPicture };
    const { onItem } = createMetrics(host.metrics, {
      isOpen: () => parts.now !== undefined,
      isLost: () => this.#watch?.isUp === false,
      itemsLeft: async () => parts.now && itemsLeft(parts.now.database.db),
    });
    const parts = new OnDemand(() =>
      openParts({ settings, folder, ...sources, engine, measure, thumbnail, onItem, quota: host.quota, logger }),
    );
    this.#parts = parts;
    // Our own database is looked after by who has started it.
    const onChange = () => host.readinessChanged(this);
    this.#watch = settings.database.url === undefined ? undefined : new DatabaseWatch(parts, { logger, onChange });
    const uploads = new UploadBudget("dataset-pictures", settings.uploadBytes);
    host.metrics.watchBudget(uploads.bytes);
    serve(host.rpc, DatasetService, handlers({ parts, measure, uploads, limits: settings.limits }), {
      signal: host.forced,
      logger,
      onRefused: host.onRefused,
      access: host.access,
      quota: host.quota,
      audit: host.audit,
      trustsPeers: settings.trustsPeers,
      asksCertificates: host.asksCertificates,
      scopes,
    });
  }

  /** A database that is named is asked at once, and waited for by nobody: it may come later. Our own goes on where it was left. */
  async start(): Promise<void> {
    this.#isStarted = true;
    if (this.#watch) this.#watch.start();
    else if (existsSync(this.#folder)) this.#resume();
  }

  readiness() {
    const database = this.#settings.database.url === undefined ? "own" : "named";
    const isOpen = this.#parts.now !== undefined;
    return { ready: this.#isStarted && (this.#watch?.isUp ?? true), detail: { database, isOpen } };
  }

  /** Jobs are left where they are, for whoever comes next; questions are answered. */
  async drain(): Promise<void> {
    this.#watch?.close();
    await this.#parts.now?.leaveWork();
  }

  async close(): Promise<void> {
    await this.#parts.close();
    await this.#surroundings.engine[Symbol.asyncDispose]();
    await this.#surroundings.measuring[Symbol.asyncDispose]();
  }

  /** Work that was under way when the last process ended. */
  #resume(): void {
    this.#parts.get().catch((err: unknown) => {
      this.#host.logger.error(
        { err },
        "the data sets' own database does not open; it is tried again when somebody asks for them",
      );
    });
  }
}
