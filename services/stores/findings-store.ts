import { createHash } from "node:crypto";
import type { EmbeddingRef } from "../inference/models/embedding-ref.js";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import type { Logger } from "../runtime/logger.js";
import type { Registry } from "../runtime/metrics.js";
import { RecordError } from "../sam/record-error.js";
import type { BlobStore } from "./blob-store.js";
import {
  type Findings,
  findingsRecordVersion,
  findingsSignature,
  mostFindingsBytes,
  readFindings,
  writeFindings,
} from "./findings-record.js";
import { createLookupMetrics } from "./lookup-metrics.js";
import { RecordStore } from "./record-store.js";
import type { SigningKeys } from "./signing-keys.js";

/** What of which picture, and whose. */
export interface FindingsRef extends Pick<EmbeddingRef, "tenant" | "imageId"> {
  /** Id of the detector, and what tells its files from others of that id. */
  readonly detector: string;
  readonly weights: string;
  /** What it was asked, where it finds whatever it is told. */
  readonly words?: readonly string[] | undefined;
}

interface FindingsStoreOptions {
  metrics: Registry;
  logger: Logger;
  keys: SigningKeys;
}

/** What detectors have found in pictures. One that is damaged or forged is a miss. It lies among the embeddings and goes as they do. */
export class FindingsStore {
  readonly #records: RecordStore;
  readonly #keys: SigningKeys;
  readonly #logger: Logger;

  constructor(blobs: BlobStore, { metrics, logger, keys }: FindingsStoreOptions) {
    this.#records = new RecordStore(blobs, createLookupMetrics("findings", metrics), logger);
    this.#keys = keys;
    this.#logger = logger;
  }

  get(ref: FindingsRef): Promise<Findings | undefined> {
    const key = findingsKey(ref);
    return this.#records.get(key, mostFindingsBytes, (record) => {
      const { signed, signature } = findingsSignature(record);
      const fault = this.#keys.faultOf({ kind: "findings", name: key, parts: [signed] }, signature);
      if (fault) throw new RecordError(fault);
      return readFindings(record);
    });
  }

  /** Findings that could not be read again are not kept. @param owner key of the caller for whom it was made. */
  async set(ref: FindingsRef, findings: Findings, owner: string | undefined): Promise<void> {
    const key = findingsKey(ref);
    const record = writeFindings(findings);
    if (!record) {
      this.#logger.warn({ detector: ref.detector, found: findings.found.length }, "findings that cannot be kept");
      return;
    }
    const { signed, signature } = findingsSignature(record);
    signature.set(this.#keys.sign({ kind: "findings", name: key, parts: [signed] }) ?? []);
    await this.#records.set(key, record, owner);
  }

  delete(ref: FindingsRef): Promise<void> {
    return this.#records.delete(findingsKey(ref));
  }
}

const findingsKey = ({ tenant, imageId, detector, weights, words }: FindingsRef) =>
  keyOfTenant(
    tenant,
    [imageId, "found", detector, weights, `r${findingsRecordVersion}`, ...(words ? [digestOf(words)] : [])].join(":"),
  );

const digestOf = (words: readonly string[]) =>
  createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 32);
