import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { type JobWork, ObjectState, PictureState, StartJobRequestSchema } from "../../../../proto/index.js";
import type { Quota } from "../../../runtime/callers/quota.js";
import { invalidArgument, type ServiceError } from "../../../runtime/errors.js";
import { fakeLogger } from "../../../runtime/testing/fake-logger.js";
import type { Database } from "../../database/database.js";
import { FolderFiles } from "../../files/folder-files.js";
import type { ObjectStorePlace } from "../../files/object-store-url.js";
import type { Who } from "../../who.js";
import { createJobs, type RunningJobs } from "../create-jobs.js";
import type { Engine } from "../engine.js";
import type { FetchPicture } from "../imports/import-source.js";
import { side } from "./fake-engine.js";

export const who: Who = { tenant: "acme", person: "ann" };

/** As long as nothing is waited for that a test does not bring about. */
export const hasty = { lookMs: 50, waitMs: 20, mostWaitMs: 60_000 };

/** A picture of tests says its size: "4x3" and whatever else, for one of its own. */
export const pictureFile = (width: number, height: number, more = "") => Buffer.from(`${width}x${height} ${more}`);

/** What tests bring in. */
export const testImports = {
  sizeOf: async (bytes: Uint8Array) => {
    const [, width, height] = /^(\d+)x(\d+) /.exec(Buffer.from(bytes).toString()) ?? [];
    if (!width || !height) throw invalidArgument("The file is not a picture.", "UNSUPPORTED_IMAGE");
    return { width: Number(width), height: Number(height) };
  },
  importBuckets: ["bring"],
  objectStore: undefined as ObjectStorePlace | undefined,
  fetchPicture: undefined as FetchPicture | undefined,
  maxImageBytes: 1000,
  maxImportBytes: 1_000_000,
};

/** A folder that takes no pictures for a while. */
class FickleFiles extends FolderFiles {
  fault: ServiceError | undefined;

  override async put(...given: Parameters<FolderFiles["put"]>): Promise<number> {
    if (this.fault && given[0].includes("pictures/")) throw this.fault;
    return super.put(...given);
  }
}

/** A data set with pictures, and processes that work on it. */
export class JobStage implements AsyncDisposable {
  readonly database: Database;
  readonly dataset: { key: number; id: string };
  readonly files: FickleFiles;
  readonly folder: string;
  /** What its processes have counted of items, by "kind outcome". */
  readonly counted: Record<string, number> = {};
  readonly #running: RunningJobs[] = [];

  private constructor(database: Database, dataset: { key: number; id: string }, folder: string) {
    this.database = database;
    this.dataset = dataset;
    this.folder = folder;
    this.files = new FickleFiles(folder);
  }

  static async open(database: Database, pictures: number): Promise<JobStage> {
    const id = randomUUID();
    const row = { id, tenant: "acme", name: id, description: "", created_by: "ann", next_label: 5 };
    const { key } = await database.db.insertInto("datasets").values(row).returning("key").executeTakeFirstOrThrow();
    const stage = new JobStage(database, { key, id }, await mkdtemp(join(tmpdir(), "maskwire-jobs-")));
    const label = { dataset: key, id: 4, place: 0, name: "Cup", colour: "#ff0000", hot_key: "", parent: 0 };
    await database.db.insertInto("labels").values(label).execute();
    await stage.addPictures(pictures);
    return stage;
  }

  async addPictures(count: number): Promise<void> {
    if (count === 0) return;
    const rows = Array.from({ length: count }, (_, at) => ({
      dataset: this.dataset.key,
      image_id: imageIdAt(at),
      width: side,
      height: side,
      bytes: 1n,
      media_type: "image/png",
      name: `${String(at).padStart(4, "0")}.png`,
      split: at % 2 === 0 ? "train" : "val",
      state: PictureState.OPEN,
      added_by: "ann",
      reading: null,
      held_by: null,
      held_until: null,
    }));
    await this.database.db.insertInto("pictures").values(rows).execute();
  }

  /** A process of the tier; `run` it to have it work. */
  async process(engine: Engine, more: Partial<typeof testImports & { quota: Quota }> = {}): Promise<RunningJobs> {
    const { database, files } = this;
    const made = await createJobs({
      database,
      files,
      engine,
      ...testImports,
      ...more,
      logger: fakeLogger(),
      times: hasty,
      tries: { retryLimit: 4, retryDelay: 0, retryBackoff: false },
      onItem: (kind, outcome) => {
        const name = `${kind} ${outcome}`;
        this.counted[name] = (this.counted[name] ?? 0) + 1;
      },
    });
    this.#running.push(made);
    return made;
  }

  request(work: JobWork["work"], key = "") {
    return create(StartJobRequestSchema, { dataset: this.dataset.id, work: { work }, key });
  }

  /** Of every picture, how many objects it has that are not deleted. */
  async objects(): Promise<number[]> {
    const rows = await this.database.db
      .selectFrom("pictures")
      .leftJoin("objects", (join) =>
        join.onRef("objects.picture", "=", "pictures.id").on("objects.state", "<>", ObjectState.DELETED),
      )
      .select(({ fn }) => fn.count<bigint>("objects.id").as("n"))
      .where("pictures.dataset", "=", this.dataset.key)
      .groupBy("pictures.id")
      .orderBy("pictures.id")
      .execute();
    return rows.map(({ n }) => Number(n));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#running.splice(0)) await one[Symbol.asyncDispose]();
    // Other tests find nothing of it.
    const { db } = this.database;
    for (const table of ["objects", "object_revisions", "pictures"] as const) {
      await db.deleteFrom(table).where("dataset", "=", this.dataset.key).execute();
    }
    await db.deleteFrom("datasets").where("key", "=", this.dataset.key).execute();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const imageIdAt = (at: number) => `sha256:${String(at).padStart(64, "0")}`;
