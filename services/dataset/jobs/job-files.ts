import { randomUUID } from "node:crypto";
import { type DatasetJob, type FetchExportRequest, JobState, type StartJobRequest } from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import type { Database } from "../database/database.js";
import { notFound } from "../faults.js";
import type { FileStore } from "../files/file-store.js";
import { exportKey, importKey } from "../files/keys.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import type { Jobs } from "./jobs.js";

interface JobFilesOptions {
  readonly database: Database;
  readonly files: FileStore;
  readonly jobs: Jobs;
  /** Largest file that is taken for an import. */
  readonly maxImportBytes: number;
}

/** What an export has made. */
interface ExportedFile {
  readonly bytes: number;
  readonly name: string;
  readonly mediaType: string;
  open(range: { start: number; end: number }): AsyncGenerator<Uint8Array>;
}

const ended: readonly JobState[] = [JobState.DONE, JobState.DONE_WITH_PROBLEMS];

/** Files of jobs: what people send to be imported, and what exports have made. */
export class JobFiles {
  readonly #options: JobFilesOptions;

  constructor(options: JobFilesOptions) {
    this.#options = options;
  }

  /**
   * Keeps a file, then begins to import it.
   * @throws ServiceError as `Jobs.start`; RESOURCE_EXHAUSTED for one that is too large, or when there is no room; what the chunks throw.
   */
  async startImport(
    who: Who,
    request: StartJobRequest,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<DatasetJob> {
    const { database, files, jobs, maxImportBytes } = this.#options;
    const { case: kind, value: work } = request.work?.work ?? {};
    if (kind !== "import" || work?.source.case !== "fileName" || work.source.value === "") {
      throw invalidArgument("The header's work must be an import with a file_name.");
    }
    await findSet(database.db, who, request.dataset);
    const id = randomUUID();
    const key = importKey(who.tenant, id);
    // Whatever becomes of this process, its data set or the database, the file has a row from here on: this one, or its job's.
    await database.db
      .insertInto("arriving_files")
      .values({ job: id, tenant: who.tenant ?? "" })
      .execute();
    try {
      await files.put(key, atMost(chunks, maxImportBytes), { signal });
      const job = await jobs.start(who, request, { id, fileName: work.source.value });
      // Its key is that of an import that has its file already.
      if (job.id !== id) await this.#dropArrived(key, id);
      return job;
    } catch (error) {
      await this.#dropArrived(key, id).catch(() => {});
      throw error;
    }
  }

  /** Unless its job is there: where only the answer of its start was lost the file is the job's, and the row is gone. */
  async #dropArrived(key: string, job: string): Promise<void> {
    const { database, files } = this.#options;
    await database.transactionWithFiles(async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom("arriving_files").where("job", "=", job).executeTakeFirst();
      // One that cannot be deleted keeps its row.
      if (numDeletedRows > 0n) await files.delete(key);
    });
  }

  /** What came for a job, and what it has made. One that has neither is no error. @throws ServiceError UNAVAILABLE. */
  async delete({ tenant, id }: { tenant: string | undefined; id: string }): Promise<void> {
    const { files } = this.#options;
    await files.delete(importKey(tenant, id));
    await files.delete(exportKey(tenant, id));
  }

  /** What an export has made. @throws ServiceError NOT_FOUND, also while it is not there and when it is gone; INVALID_ARGUMENT for an offset behind its end. */
  async exported(who: Who, request: Pick<FetchExportRequest, "dataset" | "job" | "offset">): Promise<ExportedFile> {
    const { files, jobs } = this.#options;
    const job = await jobs.get(who, request);
    if (job.work?.work.case !== "export") throw notFound("The job is no export: it makes no file.");
    if (!ended.includes(job.state) || job.fileName === "") {
      throw notFound(job.message || "This job has made no file; that of an export is there when it is done.");
    }
    const bytes = Number(job.bytes);
    if (Number(request.offset) > bytes) throw invalidArgument(`The file has ${bytes} bytes.`);
    const key = exportKey(who.tenant, job.id);
    return { bytes, name: job.fileName, mediaType: "application/zip", open: (range) => files.get(key, range) };
  }
}

async function* atMost(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > most) {
      const message = `The file is larger than the ${most} bytes that are taken for an import (MASKWIRE_IMPORT_BYTES); divide it.`;
      throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message });
    }
    yield chunk;
  }
}
