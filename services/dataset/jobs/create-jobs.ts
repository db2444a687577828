import type { Logger } from "../../runtime/logger.js";
import type { Database } from "../database/database.js";
import type { FileStore } from "../files/file-store.js";
import { PictureFiles } from "../files/picture-files.js";
import type { Engine } from "./engine.js";
import { Items } from "./items.js";
import { Jobs } from "./jobs.js";
import { Plan } from "./plan.js";
import { type Pace, Queue, type Tries } from "./queue.js";
import { Watched } from "./watched.js";
import { EverythingWork } from "./work/everything-work.js";
import { ReplayWork } from "./work/replay-work.js";
import { Workers, type WorkerTimes } from "./workers.js";

interface CreateJobsOptions {
  readonly database: Database;
  readonly files: FileStore;
  readonly engine: Engine;
  readonly logger: Logger;
  /** Items that this process does at once. */
  readonly atOnce?: Readonly<Record<Pace, number>>;
  readonly times?: WorkerTimes;
  readonly tries?: Tries;
}

export interface RunningJobs extends AsyncDisposable {
  readonly jobs: Jobs;
  /** Begins to work, here. */
  run(): Promise<void>;
}

/** Encoders have one picture in the works at a time; a few more keep decoders busy meanwhile. */
const usuallyAtOnce = { pictures: 3, whole: 1 };

/** Jobs over a database, and the workers of this process. */
export async function createJobs(options: CreateJobsOptions): Promise<RunningJobs> {
  const { database, files, engine, logger, atOnce = usuallyAtOnce, times, tries } = options;
  const queue = await Queue.open(database, logger, tries);
  const items = new Items(queue);
  const watched = new Watched();
  const pictures = new PictureFiles(files);
  const everything = new EverythingWork({ db: database.db, engine, pictures });
  const replay = new ReplayWork({ db: database.db, engine, pictures });
  const works = { automatic: everything, prefill: everything, replay };
  const workers = new Workers({
    database,
    queue,
    items,
    plan: new Plan(database, items),
    works,
    atOnce,
    logger,
    onNews: (job) => watched.wake(job),
    ...(times && { times }),
  });
  let isRunning = false;
  return {
    jobs: new Jobs({ database, items, works, watched }),
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
