import { noQuota, type Quota } from "../../runtime/callers/quota.js";
import type { Logger } from "../../runtime/logger.js";
import type { Database } from "../database/database.js";
import type { FileStore } from "../files/file-store.js";
import type { ObjectStorePlace } from "../files/object-store-url.js";
import { PictureFiles } from "../files/picture-files.js";
import type { Engine } from "./engine.js";
import { ExportWork } from "./exports/export-work.js";
import type { SizeOf } from "./imports/import-picture.js";
import type { FetchPicture } from "./imports/import-source.js";
import { ImportWork } from "./imports/import-work.js";
import { Items } from "./items.js";
import { JobFiles } from "./job-files.js";
import { Jobs } from "./jobs.js";
import { Plan } from "./plan.js";
import { type Pace, Queue, type Tries } from "./queue.js";
import { Replays } from "./replays.js";
import { Watched } from "./watched.js";
import { EverythingWork } from "./work/everything-work.js";
import { ReplayWork } from "./work/replay-work.js";
import { type OnItem, Workers, type WorkerTimes } from "./workers.js";

interface CreateJobsOptions {
  readonly database: Database;
  readonly files: FileStore;
  readonly engine: Engine;
  readonly sizeOf: SizeOf;
  /** Undefined: no picture is fetched by URL. */
  readonly fetchPicture?: FetchPicture | undefined;
  /** Buckets that may be imported from. */
  readonly importBuckets: readonly string[];
  /** Where those are that are not Amazon's. */
  readonly objectStore: ObjectStorePlace | undefined;
  /** Left out, nobody's use is limited. */
  readonly quota?: Quota | undefined;
  readonly maxImageBytes: number;
  readonly maxImportBytes: number;
  readonly logger: Logger;
  /** Items that this process does at once. */
  readonly atOnce?: Readonly<Record<Pace, number>>;
  readonly times?: WorkerTimes;
  readonly tries?: Tries;
  readonly onItem?: OnItem;
}

export interface RunningJobs extends AsyncDisposable {
  readonly jobs: Jobs;
  readonly replays: Replays;
  /** Files that come for imports and that exports have made. */
  readonly jobFiles: JobFiles;
  /** Begins to work, here. */
  run(): Promise<void>;
}

/** Encoders have one picture in the works at a time; a few more keep decoders busy meanwhile. */
const usuallyAtOnce = { pictures: 3, whole: 1 };

/** Jobs over a database, and the workers of this process. */
export async function createJobs(options: CreateJobsOptions): Promise<RunningJobs> {
  const {
    database,
    files,
    engine,
    logger,
    quota = noQuota,
    atOnce = usuallyAtOnce,
    times,
    tries,
    onItem = () => {},
  } = options;
  const queue = await Queue.open(database, logger, tries);
  const items = new Items(queue);
  const watched = new Watched();
  const pictures = new PictureFiles(files);
  const everything = new EverythingWork({ db: database.db, engine, pictures });
  const replay = new ReplayWork({ db: database.db, engine, pictures });
  const { importBuckets: buckets, fetchPicture, objectStore, sizeOf, maxImageBytes, maxImportBytes } = options;
  const origins = { files, fetchPicture, buckets, objectStore };
  const works = {
    automatic: everything,
    prefill: everything,
    replay,
    import: new ImportWork({ ...origins, database, pictures, sizeOf, maxImageBytes }),
    export: new ExportWork({ database, files, pictures }),
  };
  const workers = new Workers({
    database,
    queue,
    items,
    plan: new Plan(database, items),
    works,
    atOnce,
    quota,
    logger,
    onNews: (job) => watched.wake(job),
    onItem,
    ...(times && { times }),
  });
  let isRunning = false;
  const jobs = new Jobs({ database, items, works, watched });
  return {
    jobs,
    replays: new Replays(database, jobs),
    jobFiles: new JobFiles({ database, files, jobs, maxImportBytes }),
    run: async () => {
      isRunning = true;
      await workers.start();
    },
    [Symbol.asyncDispose]: async () => {
      if (isRunning) await workers.close();
      await queue.close();
    },
  };
}
