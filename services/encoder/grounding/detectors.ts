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
  models: Pick<Models, "detectors" | "stateOf">;
  /** Ids of those that may be used; all that the manifest has when undefined. */
  chosen: readonly string[] | undefined;
  threads: number;
  pool: Omit<PoolOptions, "entry" | "data" | "size" | "what">;
  /** A worker has loaded them. */
  onLoaded: (detail: unknown) => void;
  /** One is left out from now on: a file of it is not the manifest's. */
  onWrong: (id: string, reason: string) => void;
}

/** Whether a detector can be used, and where its files lie then, by their roles. */
type DetectorState =
  | { readonly kind: "ready"; readonly paths: Readonly<Record<string, string>> }
  | { readonly kind: "absent" }
  | { readonly kind: "wrong"; readonly reason: string };

/**
 * What finds things by words, as far as its files are here: they may come while the process runs, by a pull. Loaded when it is
 * asked first, by one thread that runs all of them.
 */
export class Detectors {
  readonly known: readonly KnownDetector[];
  readonly #options: DetectorsOptions;
  /** Those that were told of as left out, and why. */
  readonly #wrong = new Map<string, string>();
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

  /** Of each that is known. One that cannot be used takes nothing from the others. */
  async states(): Promise<ReadonlyMap<KnownDetector, DetectorState>> {
    const states = await Promise.all(this.known.map(async (one) => [one, await this.#stateOf(one.spec)] as const));
    for (const [{ spec }, state] of states) this.#tellOf(spec.id, state);
    return new Map(states);
  }

  async #stateOf({ files }: DetectorSpec): Promise<DetectorState> {
    const paths: Record<string, string> = {};
    const states = Object.entries(files).map(async ([role, file]) => {
      const state = await this.#options.models.stateOf(file);
      if (state.kind === "right") paths[role] = state.path;
      return state;
    });
    const all = await Promise.all(states);
    const bad = all.find(({ kind }) => kind === "wrong") ?? all.find(({ kind }) => kind === "absent");
    return bad && bad.kind !== "right" ? bad : { kind: "ready", paths };
  }

  #tellOf(id: string, state: DetectorState): void {
    const reason = state.kind === "wrong" ? state.reason : undefined;
    if (reason === this.#wrong.get(id)) return;
    if (reason === undefined) this.#wrong.delete(id);
    else {
      this.#wrong.set(id, reason);
      this.#options.onWrong(id, reason);
    }
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
    const states = await this.states();
    const ready = wanted.filter((one) => states.get(one)?.kind === "ready");
    const first = wanted.find(({ spec }) => spec.vocabulary === "closed") ?? wanted[0];
    if (ready.length === 0) throw noDetector(first, first && states.get(first));
    return {
      isNamed: id !== "",
      of: (vocabulary) => ready.filter(({ spec }) => spec.vocabulary === vocabulary),
      none: (vocabulary) => {
        const one = wanted.find(({ spec }) => spec.vocabulary === vocabulary);
        return one ? noDetector(one, states.get(one)) : otherDetector(vocabulary, ready);
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
    const ready: LoadableDetector[] = [];
    for (const [{ spec }, state] of await this.states()) {
      if (state.kind === "ready") ready.push(loadable(spec, state.paths));
    }
    const ids = ready.map(({ id }) => id).join();
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

  async #start(detectors: LoadableDetector[]): Promise<DetectorPool> {
    const { threads, pool, onLoaded } = this.#options;
    const data: GroundingWorkerData = { detectors, threads };
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
}

function loadable({ id, family, files }: DetectorSpec, paths: Readonly<Record<string, string>>): LoadableDetector {
  const found = Object.entries(files).map(([role, { source }]) => {
    return [role, { path: paths[role] as string, name: source.slice(source.lastIndexOf("/") + 1) }] as const;
  });
  return { id, family, files: Object.fromEntries(found) };
}

type RunOptions = NonNullable<Parameters<DetectorPool["run"]>[1]>;

/** What to do about a detector that cannot be used; empty where nothing is to be done. */
export function adviceOf({ spec }: KnownDetector, state: DetectorState | undefined): string {
  const pull = `\`npm run models -- pull ${spec.id}\` on the encoder's machine`;
  if (state?.kind === "wrong") return `A file of ${spec.id} there is damaged; ${pull} fetches it again.`;
  return state?.kind === "ready" ? "" : `${pull} installs it.`;
}

const can: Readonly<Record<Vocabularies, string>> = {
  closed: "understands words",
  open: "understands words",
  written: "reads what is written in a picture",
  ranking: "says how well words go with what was found",
};

function noDetector(one: KnownDetector | undefined, state: DetectorState | undefined): ServiceError {
  const message = one
    ? `Nothing that ${can[one.spec.vocabulary]} can be used here; ${adviceOf(one, state)}`
    : "Words are not understood here.";
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "NO_DETECTOR" });
}

/** What is asked where nobody does that. */
function otherDetector(vocabulary: Vocabularies, asked: readonly KnownDetector[]): ServiceError {
  const message = `Of what is asked here (${asked.map(({ spec }) => spec.id).join(", ")}) nothing ${can[vocabulary]}.`;
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "NO_DETECTOR" });
}

function weightsOf({ files }: DetectorSpec): string {
  const digest = createHash("sha256");
  for (const { sha256 } of Object.values(files)) digest.update(sha256);
  return digest.digest("hex").slice(0, 16);
}
