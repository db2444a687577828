import type { Quota } from "../runtime/callers/quota.js";
import type { Logger } from "../runtime/logger.js";
import { Database } from "./database/database.js";
import type { FileStore } from "./files/file-store.js";
import type { ObjectStorePlace } from "./files/object-store-url.js";
import { PictureFiles } from "./files/picture-files.js";
import { createJobs } from "./jobs/create-jobs.js";
import type { Engine } from "./jobs/engine.js";
import type { FetchPicture } from "./jobs/imports/import-source.js";
import type { JobFiles } from "./jobs/job-files.js";
import type { Jobs } from "./jobs/jobs.js";
import type { Replays } from "./jobs/replays.js";
import type { OnItem } from "./jobs/workers.js";
import type { Measure } from "./measure.js";
import { Objects } from "./objects/objects.js";
import { ChangePictures } from "./pictures/change-pictures.js";
import { NextPictures } from "./pictures/next-pictures.js";
import { Pictures } from "./pictures/pictures.js";
import { Purging } from "./purging.js";
import { Audits } from "./review/audits.js";
import { Reviews } from "./review/reviews.js";
import { SaveTracks } from "./sequences/save-tracks.js";
import { Sequences } from "./sequences/sequences.js";
import { Tracks } from "./sequences/tracks.js";
import { Purge } from "./sets/purge.js";
import { Sets } from "./sets/sets.js";
import { Versions } from "./sets/versions.js";
import type { DatasetSettings } from "./settings.js";
import { Statistics } from "./statistics/statistics.js";
import { type MakeThumbnail, Thumbnails } from "./thumbnails/thumbnails.js";

/** What there is once somebody has a data set. */
export interface Parts extends AsyncDisposable {
  readonly database: Database;
  readonly files: FileStore;
  readonly pictureFiles: PictureFiles;
  readonly thumbnails: Thumbnails;
  readonly purging: Purging;
  readonly sets: Sets;
  readonly versions: Versions;
  readonly pictures: Pictures;
  readonly nextPictures: NextPictures;
  readonly changePictures: ChangePictures;
  readonly objects: Objects;
  readonly sequences: Sequences;
  readonly tracks: Tracks;
  readonly saveTracks: SaveTracks;
  readonly reviews: Reviews;
  readonly audits: Audits;
  readonly statistics: Statistics;
  readonly jobs: Jobs;
  readonly jobFiles: JobFiles;
  readonly replays: Replays;
  /** Leaves work that is under way for whoever comes next. Safe to call twice. */
  leaveWork(): Promise<void>;
}

interface PartsOptions {
  settings: DatasetSettings;
  /** For a database of our own. */
  folder: string;
  files: FileStore;
  /** Where buckets are that are not Amazon's. */
  objectStore: ObjectStorePlace | undefined;
  engine: Engine;
  measure: Measure;
  thumbnail: MakeThumbnail;
  /** Of imports by address, where any may be fetched. */
  fetchPicture: FetchPicture | undefined;
  onItem: OnItem;
  quota: Quota;
  logger: Logger;
}

/** @throws as `Database.open`. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const { settings, folder, files, engine, measure, thumbnail, logger, ...sources } = options;
  const { jobsAtOnce, importBuckets, importBytes: maxImportBytes, limits } = settings;
  const database = await Database.open({ ...settings.database, folder }, logger);
  try {
    const atOnce = { pictures: Math.max(1, jobsAtOnce), whole: 1 };
    const running = await createJobs({
      database,
      files,
      engine,
      logger,
      atOnce,
      ...sources,
      importBuckets,
      maxImportBytes,
      maxImageBytes: limits.maxImageBytes,
      sizeOf: (bytes, { tenant }) => measure(bytes, { caller: "imports", ...(tenant !== undefined && { tenant }) }),
    });
    if (jobsAtOnce > 0) await running.run();
    const pictureFiles = new PictureFiles(files);
    const purge = new Purge(
      database,
      { picture: (picture) => pictureFiles.delete(picture), job: (job) => running.jobFiles.delete(job) },
      settings.exportDays,
    );
    const purging = new Purging(purge, logger);
    // There may be what a process was ended over.
    purging.start();
    let leaving: Promise<void> | undefined;
    const leaveWork = () => {
      leaving ??= Promise.all([purging.close(), running[Symbol.asyncDispose]()]).then(() => {});
      return leaving;
    };
    return {
      database,
      files,
      pictureFiles,
      thumbnails: new Thumbnails({ pictures: pictureFiles, make: thumbnail, keptBytes: settings.thumbnailBytes }),
      purging,
      sets: new Sets(database),
      versions: new Versions(database),
      pictures: new Pictures(database),
      nextPictures: new NextPictures(database),
      changePictures: new ChangePictures(database),
      objects: new Objects(database, (model) => engine.weightsOf(model)),
      sequences: new Sequences(database),
      tracks: new Tracks(database),
      saveTracks: new SaveTracks(database, (model) => engine.weightsOf(model)),
      reviews: new Reviews(database),
      audits: new Audits(database),
      statistics: new Statistics(database),
      jobs: running.jobs,
      jobFiles: running.jobFiles,
      replays: running.replays,
      leaveWork,
      [Symbol.asyncDispose]: async () => {
        await leaveWork();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
