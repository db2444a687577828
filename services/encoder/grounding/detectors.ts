import { createHash } from "node:crypto";
import type { DetectorSpec } from "../../inference/models/manifest.js";
import type { Models } from "../../inference/models/models.js";
import { stopped } from "../../inference/workers/pool-errors.js";
import { type PoolOptions, WorkerPool } from "../../inference/workers/worker-pool.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { detectorFamilies } from "./families/index.js";
import type { LoadableDetector } from "./load-detector.js";
import { cocoVocabulary } from "./words/coco-vocabulary.js";
import type { Vocabulary } from "./words/vocabulary.js";
import type { DetectedAll, DetectTask } from "./worker/grounding-tasks.js";
import type { GroundingWorkerData } from "./worker/grounding-worker.js";

/** A detector that this process may use, and what it understands. */
export interface KnownDetector {
  readonly spec: DetectorSpec;
  /** Of one that finds what it was trained for alone. */
  readonly vocabulary: Vocabulary | undefined;
  /** Tells its files from others that go by the same id. */
  readonly weights: string;
}

type Vocabularies = DetectorSpec["vocabulary"];

/** Those that a request means, and that are ready. */
export interface AskedDetectors {
  /** One was asked for by its name. */
  readonly isNamed: boolean;
  of(vocabulary: Vocabularies): readonly KnownDetector[];
  /** Why words of this kind cannot be answered: FAILED_PRECONDITION (NO_DETECTOR). */
  none(vocabulary: Vocabularies): ServiceError;
}

type DetectorPool = WorkerPool<DetectTask, DetectedAll>;

interface DetectorsOptions {
  models: Pick<Models, "detectors" | "arePresent" | "verified">;
  /** Ids of those that may be used; all that the manifest has when undefined. */
  chosen: readonly string[] | undefined;
  threads: number;
  pool: Omit<PoolOptions, "entry" | "data" | "size" | "what">;
  /** A worker has loaded them. */
  onLoaded: (detail: unknown) => void;
}

/**
 * What finds things by words, as far as its files are here: they may come while the process runs, by a pull. Loaded when it is
 * asked first, by one thread that runs all of them.
 */
export class Detectors {
  readonly known: readonly KnownDetector[];
  readonly #options: DetectorsOptions;
  #running: { ids: string; pool: Promise<DetectorPool> } | undefined;
  #isClosed = false;

  constructor(options: DetectorsOptions) {
    const { models, chosen } = options;
    const vocabulary = cocoVocabulary();
    this.#options = options;
    this.known = models.detectors
      .filter(({ id, family }) => Object.hasOwn(detectorFamilies, family) && (chosen?.includes(id) ?? true))
      .map((spec) => ({
        spec,
        vocabulary: spec.vocabulary === "closed" ? vocabulary : undefined,
        weights: weightsOf(spec),
      }));
  }

  /** Those whose files are here. */
  async ready(): Promise<KnownDetector[]> {
    const present = this.known.map(({ spec }) => this.#options.models.arePresent(Object.values(spec.files)));
    const arePresent = await Promise.all(present);
    return this.known.filter((_, at) => arePresent[at]);
  }

  /**
   * The detectors that a request means, those that are ready.
   * @param id empty for all of them.
   * @throws ServiceError INVALID_ARGUMENT naming those there are; FAILED_PRECONDITION (NO_DETECTOR) saying what to do.
   */
  async asked(id: string): Promise<AskedDetectors> {
    const wanted = id === "" ? this.known : this.known.filter(({ spec }) => spec.id === id);
    if (id !== "" && wanted.length === 0) {
      const names = this.known.map(({ spec }) => spec.id).join(", ") || "none";
      throw invalidArgument(`There is no detector "${id.slice(0, 80)}"; there is ${names}.`);
    }
    const ready = (await this.ready()).filter((one) => wanted.includes(one));
    if (ready.length === 0) throw noDetector(wanted.find(({ spec }) => spec.vocabulary === "closed") ?? wanted[0]);
    return {
      isNamed: id !== "",
      of: (vocabulary) => ready.filter(({ spec }) => spec.vocabulary === vocabulary),
      none: (vocabulary) => {
        const one = wanted.find(({ spec }) => spec.vocabulary === vocabulary);
        return one ? noDetector(one) : otherDetector(vocabulary, ready);
      },
    };
  }

  /** @throws ServiceError as `WorkerPool.run`; ModelFileError. */
  async detect(detectors: readonly KnownDetector[], task: Omit<DetectTask, "detectors">, options: RunOptions) {
    const pool = await this.#pool();
    return pool.run({ ...task, detectors: detectors.map(({ spec }) => spec.id) }, options);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#running?.pool.catch(() => undefined))?.close();
  }

  /** Started again once there are more of them. */
  async #pool(): Promise<DetectorPool> {
    const ready = await this.ready();
    const ids = ready.map(({ spec }) => spec.id).join();
    if (this.#isClosed) throw stopped();
    if (this.#running?.ids === ids) return this.#running.pool;
    const before = this.#running?.pool;
    const pool = this.#start(ready);
    const running = { ids, pool };
    this.#running = running;
    // The next one who asks tries again.
    pool.catch(() => {
      if (this.#running === running) this.#running = undefined;
    });
    void before
      ?.then(async (old) => {
        await old.drain(AbortSignal.timeout(10_000));
        await old.close();
      })
      // Nobody waits for it.
      .catch(() => {});
    return pool;
  }

  async #start(detectors: readonly KnownDetector[]): Promise<DetectorPool> {
    const { threads, pool, onLoaded } = this.#options;
    const data: GroundingWorkerData = {
      detectors: await Promise.all(detectors.map((one) => this.#loadable(one))),
      threads,
    };
    const entry = new URL("./worker/grounding-worker.js", import.meta.url);
    const started: DetectorPool = await WorkerPool.start({
      ...pool,
      entry,
      data: () => data,
      size: 1,
      what: "pictures",
    });
    onLoaded(started.details[0]);
    return started;
  }

  async #loadable({ spec }: KnownDetector): Promise<LoadableDetector> {
    const { id, family, files } = spec;
    const found = Object.entries(files).map(async ([role, file]) => {
      const path = await this.#options.models.verified(file);
      return [role, { path, name: file.source.slice(file.source.lastIndexOf("/") + 1) }] as const;
    });
    return { id, family, files: Object.fromEntries(await Promise.all(found)) };
  }
}

type RunOptions = NonNullable<Parameters<DetectorPool["run"]>[1]>;

/** What to do about a detector that is not here. */
export const adviceOf = ({ spec }: KnownDetector) => `npm run models -- pull ${spec.id}`;

function noDetector(one: KnownDetector | undefined): ServiceError {
  const what = one?.spec.vocabulary === "written" ? "reads what is written in a picture" : "understands words";
  const message = one
    ? `Nothing that ${what} is installed here; \`${adviceOf(one)}\` on the encoder's machine installs it.`
    : "Words are not understood here.";
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "NO_DETECTOR" });
}

/** What is asked of those that do something else. */
function otherDetector(vocabulary: Vocabularies, asked: readonly KnownDetector[]): ServiceError {
  const what = vocabulary === "written" ? "read what is written in a picture" : "find things by their names";
  const message = `${asked.map(({ spec }) => spec.id).join(", ")} does not ${what}.`;
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "NO_DETECTOR" });
}

function weightsOf({ files }: DetectorSpec): string {
  const digest = createHash("sha256");
  for (const { sha256 } of Object.values(files)) digest.update(sha256);
  return digest.digest("hex").slice(0, 16);
}
