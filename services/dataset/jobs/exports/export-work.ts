import { create } from "@bufbuild/protobuf";
import { sql } from "kysely";
import {
  AnnotationFormat,
  CocoForm,
  CreateVersionRequestSchema,
  type ExportWork as ExportMessage,
  type JobWork,
  ObjectState,
} from "../../../../proto/index.js";
import { invalidArgument } from "../../../runtime/errors.js";
import { zipped } from "../../archive/zip-sink.js";
import type { Database } from "../../database/database.js";
import { notFound } from "../../faults.js";
import type { FileStore } from "../../files/file-store.js";
import { exportKey } from "../../files/keys.js";
import type { PictureFiles } from "../../files/picture-files.js";
import { writeAnnotations } from "../../formats/formats.js";
import { Versions } from "../../sets/versions.js";
import { NotWantedError, openStates } from "../items.js";
import type { Job } from "../job.js";
import { tell } from "../news.js";
import type { Assignment, Finish, Work } from "../work.js";
import { type Cut, hasUnlabelled, splitsIn } from "./export-rows.js";
import { exportSet, type VersionLabel } from "./export-set.js";

interface ExportOptions {
  readonly database: Database;
  readonly files: FileStore;
  readonly pictures: PictureFiles;
}

const cocoForms = {
  [CocoForm.UNSPECIFIED]: "rle",
  [CocoForm.RLE]: "rle",
  [CocoForm.POLYGONS]: "polygons",
  [CocoForm.COUNTS]: "counts",
} as const;

const usualStates = [ObjectState.ACCEPTED, ObjectState.TO_REVIEW];

/** Writes a version into a zip archive. One that begins again writes the same archive again. */
export class ExportWork implements Work {
  readonly pace = "whole";
  readonly #options: ExportOptions;
  readonly #versions: Versions;

  constructor(options: ExportOptions) {
    this.#options = options;
    this.#versions = new Versions(options.database);
  }

  filter(): undefined {}

  check({ work }: JobWork): void {
    if (work.case === "export") formatOf(work.value);
  }

  async do({ job, call: { signal } }: Assignment): Promise<Finish> {
    const { database, files, pictures } = this.#options;
    const { db } = database;
    const work = workOf(job);
    const format = formatOf(work);
    const version = await this.#version(job, work);
    const { labels, splits, states } = work;
    const some = { splits, labels, states: states.length > 0 ? states : usualStates };
    const cut: Cut = { dataset: job.dataset, change: version.change, ...some };
    const found = await splitsIn(db, cut);
    const written = { pictures: 0, objects: 0 };
    await this.#tell(job, { total: found.reduce((sum, { pictures: n }) => sum + n, 0), ...written });
    const set = exportSet({
      db,
      cut,
      labels: version.labels,
      splits: found.map(({ split }) => split),
      hasUnlabelled: await hasUnlabelled(db, cut),
      files: work.pictures ? { pictures, tenant: job.tenant } : undefined,
      signal,
      onFilled: async (more, objects) => {
        written.pictures += more;
        written.objects += objects;
        await this.#tell(job, written);
      },
    });
    const coco = cocoForms[work.coco] ?? "rle";
    let bytes = 0;
    const notes = await zipped(
      version.madeAt,
      (sink) => writeAnnotations(format, set, sink, { coco }),
      async (chunks) => {
        bytes = await files.put(exportKey(job.tenant, job.id), chunks, { signal });
      },
    );
    const name = await nameOf(database, job, version.number, format);
    return async (trx) => {
      const row = { bytes: BigInt(bytes), file_name: name, notes: JSON.stringify(notes) };
      await trx.updateTable("jobs").set(row).where("id", "=", job.id).execute();
      return 0;
    };
  }

  async tidy({ tenant, id }: Job, isWanted: boolean): Promise<void> {
    if (!isWanted) await this.#options.files.delete(exportKey(tenant, id));
  }

  /** The one that is named, or one that is made now: once, however often this begins. */
  async #version(job: Job, { version }: ExportMessage): Promise<VersionCut> {
    const description = `Export ${job.id}`;
    const known = await this.#findVersion(job, version === 0 ? { description } : { number: version });
    if (known) return known;
    if (version !== 0) throw notFound(`The data set has no version ${version}.`);
    const who = { tenant: job.tenant, person: job.person };
    await this.#versions.create(who, create(CreateVersionRequestSchema, { dataset: job.datasetId, description }));
    const made = await this.#findVersion(job, { description });
    if (!made) throw new Error("a version that was made is not there");
    return made;
  }

  async #findVersion(
    { dataset }: Job,
    { number, description }: { number?: number; description?: string },
  ): Promise<VersionCut | undefined> {
    const row = await this.#options.database.db
      .selectFrom("versions")
      .selectAll()
      .where("dataset", "=", dataset)
      .$if(number !== undefined, (all) => all.where("number", "=", number ?? 0))
      .$if(description !== undefined, (all) => all.where("description", "=", description ?? ""))
      .orderBy("number")
      .limit(1)
      .executeTakeFirst();
    if (!row) return undefined;
    const { at_change: change, created_at: madeAt } = row;
    return { number: row.number, change, madeAt, labels: row.labels as VersionLabel[] };
  }

  async #tell(
    { id }: Job,
    { total, pictures, objects }: { total?: number; pictures: number; objects: number },
  ): Promise<void> {
    await this.#options.database.transaction(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("jobs")
        .set({
          done: sql<bigint>`least(${pictures}::bigint, ${total === undefined ? sql`total` : sql`${total}::bigint`})`,
          objects: BigInt(objects),
          message: "",
          ...(total !== undefined && { total: BigInt(total) }),
        })
        .where("id", "=", id)
        .where("state", "in", openStates)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new NotWantedError();
      await tell(trx, id);
    });
  }
}

interface VersionCut {
  readonly number: number;
  readonly change: bigint;
  readonly madeAt: Date;
  readonly labels: readonly VersionLabel[];
}

type Format = Exclude<AnnotationFormat, AnnotationFormat.UNSPECIFIED>;

/** @throws ServiceError INVALID_ARGUMENT. */
function formatOf({ format }: ExportMessage): Format {
  if (format !== AnnotationFormat.UNSPECIFIED && AnnotationFormat[format] !== undefined) return format;
  throw invalidArgument("work.export must name a format.");
}

function workOf({ work: { work } }: Job): ExportMessage {
  if (work.case === "export") return work.value;
  throw new Error(`no export: ${work.case}`);
}

/** As a person would call the file. */
async function nameOf({ db }: Database, { dataset }: Job, version: number, format: Format): Promise<string> {
  const row = await db.selectFrom("datasets").select("name").where("key", "=", dataset).executeTakeFirst();
  const plain = (row?.name ?? "").replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+|-+$/g, "") || "data-set";
  return `${plain.slice(0, 100)}-v${version}-${AnnotationFormat[format].toLowerCase().replaceAll("_", "-")}.zip`;
}
