import type { ImportWork as ImportMessage, JobWork } from "../../../../proto/index.js";
import { invalidArgument } from "../../../runtime/errors.js";
import type { Database } from "../../database/database.js";
import type { FileStore } from "../../files/file-store.js";
import { importKey } from "../../files/keys.js";
import type { PictureFiles } from "../../files/picture-files.js";
import { readAnnotations } from "../../formats/formats.js";
import { Unreadable } from "../../formats/parse/unreadable.js";
import { isPictureFile } from "../../formats/pictures/found-pictures.js";
import { Notes } from "../../formats/text/notes.js";
import type { Found, FoundPicture, Source } from "../../formats/types.js";
import type { Job } from "../job.js";
import type { Assignment, Finish, Work } from "../work.js";
import { batches, type FoundBatch } from "./batches.js";
import { type Batch, type ImportedPicture, picturesByName, writeBatch } from "./import-batch.js";
import { keepPicture, type PreparedPicture, type RefusedPicture, type SizeOf } from "./import-picture.js";
import { checkImport, type ImportOrigins, type ImportSource, openImport } from "./import-source.js";

interface ImportOptions extends ImportOrigins {
  readonly database: Database;
  readonly files: FileStore;
  readonly pictures: PictureFiles;
  readonly sizeOf: SizeOf;
  readonly maxImageBytes: number;
}

/** Read and opened at once. */
const picturesAtOnce = 4;

/**
 * Brings pictures and objects in, a batch after the other. It may begin again at any time: pictures are known by their names and bytes,
 * objects by what the file calls them, their labels and their masks.
 */
export class ImportWork implements Work {
  readonly pace = "whole";
  readonly #options: ImportOptions;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  filter(): undefined {}

  check({ work }: JobWork): void {
    if (work.case === "import") checkImport(work.value, this.#options);
  }

  async do({ job, call: { signal } }: Assignment): Promise<Finish> {
    const { database } = this.#options;
    const work = workOf(job);
    await using opened = await openImport(work, job, this.#options, signal).catch(unreadable);
    const total = opened.source.files.filter(({ path }) => isPictureFile(path)).length;
    const before = await database.transaction(async (trx) => {
      const row = { total: BigInt(total), done: 0n, failed: 0n };
      await trx.deleteFrom("job_problems").where("job", "=", job.id).execute();
      return trx.updateTable("jobs").set(row).where("id", "=", job.id).returning("objects").executeTakeFirst();
    });
    // What this job made before it began again is its own.
    const counts = { repeated: -Number(before?.objects ?? 0n), replaced: 0, left: 0 };
    const known = new Map<string, ImportedPicture>();
    for await (const found of batches(this.#found(job, work, opened))) {
      signal.throwIfAborted();
      const batch = await this.#prepare(found, job, opened);
      const made = await database.transactionWithFiles((trx) => writeBatch(trx, job, work, batch, known));
      for (const [name, picture] of made.pictures) known.set(name, picture);
      counts.repeated += made.counts.repeated;
      counts.replaced += made.counts.replaced;
      counts.left += made.counts.left;
    }
    const notes = new Notes();
    const { repeated, replaced, left } = counts;
    if (repeated > 0) notes.add("Brought by an import before, and left as they are", "object", repeated);
    if (replaced > 0) notes.add("Brought by an import before, and given the state of this one", "object", replaced);
    if (left > 0) notes.add("Brought by an import before, changed here since, and left so", "object", left);
    return async (trx) => {
      await trx
        .updateTable("jobs")
        .set((row) => ({ total: row("done", "+", row.ref("failed")), notes: JSON.stringify(notes.sentences()) }))
        .where("id", "=", job.id)
        .execute();
      return 0;
    };
  }

  /** What came for it is needed no more. */
  async tidy(job: Job): Promise<void> {
    if (workOf(job).source.case === "fileName") await this.#options.files.delete(importKey(job.tenant, job.id));
  }

  async *#found(job: Job, { format }: ImportMessage, { source, isRemote }: ImportSource): AsyncGenerator<Found> {
    const { database } = this.#options;
    const sizeOf = async (name: string) => (await picturesByName(database.db, job.dataset, [name])).get(name);
    // Addresses are of pictures, whatever they end with.
    if (isRemote && workOf(job).source.case === "urls") return yield* everyFile(source);
    try {
      yield* readAnnotations(source, { sizeOf, ...(format && { format }) });
    } catch (error) {
      unreadable(error);
    }
  }

  /** Keeps the pictures' files, some at once. */
  async #prepare({ pictures, objects, problems }: FoundBatch, job: Job, opened: ImportSource): Promise<Batch> {
    const { database } = this.#options;
    const names = pictures.map(({ name }) => name);
    const there = opened.isRemote ? await picturesByName(database.db, job.dataset, names) : new Map();
    const hasFile = (one: FoundPicture): one is FoundPicture & { file: string } =>
      one.file !== undefined && !there.has(one.name);
    const toKeep = pictures.filter(hasFile);
    const kept: (PreparedPicture | RefusedPicture)[] = [];
    for (let at = 0; at < toKeep.length; at += picturesAtOnce) {
      const some = toKeep.slice(at, at + picturesAtOnce);
      kept.push(...(await Promise.all(some.map((one) => keepPicture(opened.source, one, job.tenant, this.#options)))));
    }
    return {
      prepared: kept.flatMap((one) => ("imageId" in one ? [one] : [])),
      refused: kept.flatMap((one) => ("reason" in one ? [one] : [])),
      absent: pictures.filter((one) => !hasFile(one)),
      objects,
      problems,
    };
  }
}

function* everyFile({ files }: Source): Generator<FoundPicture> {
  for (const { path } of files) yield { kind: "picture", name: path, file: path, attributes: {} };
}

/** What a file says of itself is told as it is; a repeat would find the same. */
function unreadable(error: unknown): never {
  throw error instanceof Unreadable ? invalidArgument(error.message) : error;
}

function workOf({ work: { work } }: Job): ImportMessage {
  if (work.case === "import") return work.value;
  throw new Error(`no import: ${work.case}`);
}
