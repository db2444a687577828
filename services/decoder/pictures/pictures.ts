import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { PreparedModels } from "../../inference/models/prepared-models.js";
import type { OnceStarted } from "../../inference/once-started.js";
import type { PictureSet } from "../../inference/picture-set.js";
import type { TaskOptions, WorkerPool } from "../../inference/workers/worker-pool.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { Call } from "../../runtime/grpc/call.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";
import type { MemoryCache } from "../track/memory-cache.js";
import type { DecoderResult, DecoderTask, Deletion, OtherPicture } from "../worker/decoder-tasks.js";
import type { DecoderNews } from "../worker/decoder-worker.js";
import type { EmbeddingCache } from "./embedding-cache.js";

/** What a task says for itself; the picture is filled in. */
type OwnPart<T extends DecoderTask> = T extends DecoderTask
  ? Omit<T, "key" | "record" | "width" | "height" | "modelId" | "asOf">
  : never;

/** A picture, or a part of one, that prompts can be run on. */
export interface PictureTasks extends PictureSize {
  readonly ref: EmbeddingRef;
  /** The upright picture that it is, or is a part of. */
  readonly picture: PictureSize;
  /** The embedding was in this process already. */
  readonly local: boolean;
  /** For a task of another picture that needs it too. */
  readonly embedding: OtherPicture;
  /**
   * @throws ServiceError RESOURCE_EXHAUSTED, CANCELLED, UNAVAILABLE; see `WorkerPool.run`. NOT_FOUND when the embedding turns
   *   out to be damaged: have it encoded again. Once a task of a picture has been done, none of it finds that.
   */
  run<T extends DecoderTask>(
    task: OwnPart<T>,
    options?: Pick<TaskOptions, "urgent" | "staysWithKey" | "onStart">,
  ): Promise<DecoderResult<T>>;
}

export type DecoderPool = WorkerPool<DecoderTask, DecoderResult<DecoderTask>>;

type Embeddings = Pick<EmbeddingCache, "get" | "reject" | "forget" | "isGone">;
/** What is started. */
export interface DecoderParts {
  pool: Pick<DecoderPool, "run" | "tell">;
  models: Pick<PreparedModels<unknown>, "get">;
}

/** Pictures' embeddings and the workers that use them. */
export class Pictures {
  readonly #embeddings: Embeddings;
  readonly #parts: OnceStarted<DecoderParts>;
  readonly #memories: Pick<MemoryCache, "forget">;

  /** @param memories what is remembered of pictures is forgotten with them. */
  constructor(embeddings: Embeddings, parts: OnceStarted<DecoderParts>, memories: Pick<MemoryCache, "forget">) {
    this.#embeddings = embeddings;
    this.#parts = parts;
    this.#memories = memories;
  }

  /** @throws ServiceError NOT_FOUND (no embedding: have it encoded), FAILED_PRECONDITION (its model is not here), UNAVAILABLE. */
  async open(ref: EmbeddingRef, { signal, origin }: Call): Promise<PictureTasks> {
    const { pool, models } = this.#parts.get();
    await models.get(ref.model);
    const found = await this.#embeddings.get(ref);
    if (!found) throw notEmbedded(ref);
    const { embedding, local } = found;
    const { record, width, height, picture, asOf } = embedding;
    const ofPicture = { key: ref.key, record, width, height, modelId: ref.model.id, asOf };
    return {
      width,
      height,
      picture,
      ref,
      local,
      embedding: { key: ref.key, record, asOf },
      run: async (task, options) => {
        // K6: who asks task after task is told too.
        if (this.#embeddings.isGone(embedding)) throw notEmbedded(ref);
        try {
          const whole = { ...task, ...ofPicture } as DecoderTask;
          const { caller, tenant } = origin ?? {};
          const share = { caller, tenant, cost: costOf(whole), bulk: isBulk(whole), lasting: isLasting(whole) };
          return (await pool.run(whole, { ...options, ...share, signal, key: ref.key })) as never;
        } catch (error) {
          if (!(error instanceof ServiceError && error.code === Code.DATA_LOSS)) throw error;
          // A damaged record is no better than none.
          await this.#embeddings.reject(embedding);
          throw notEmbedded(ref, error);
        }
      },
    };
  }

  /** Drops all that this process and its workers have of a set of pictures. */
  forget(pictures: PictureSet): void {
    const number = this.#embeddings.forget(pictures);
    this.#memories.forget(pictures.prefix, number);
    const deletion: Deletion = { prefix: pictures.prefix, number };
    this.#parts.now?.pool.tell({ kind: "deletion", deletion } satisfies DecoderNews);
  }
}

/** In prompts: each point of a grid is one, and each object of a video is painted by one; to carry all of them takes as long. */
const costOf = (task: DecoderTask) => (task.kind === "grid" ? task.points.length : 1);

/** A video has thousands of frames. */
const lastingKinds: ReadonlySet<DecoderTask["kind"]> = new Set<DecoderTask["kind"]>([
  "carry",
  "paint",
  "divide",
  "rows",
  "pointer",
  "look",
  "settle",
]);
const bulkKinds: ReadonlySet<DecoderTask["kind"]> = new Set<DecoderTask["kind"]>(["grid", "features", ...lastingKinds]);
const isLasting = ({ kind }: DecoderTask) => lastingKinds.has(kind);
const isBulk = ({ kind }: DecoderTask) => bulkKinds.has(kind);

function notEmbedded({ crop, draft }: EmbeddingRef, cause?: unknown): ServiceError {
  return new ServiceError({ code: Code.NOT_FOUND, message: whatToDo(crop, draft), cause });
}

function whatToDo(crop: Region | undefined, isDraft = false): string {
  if (isDraft) return "The picture's draft is not in the cache; wait for its embedding.";
  if (!crop) return "The picture's embedding is not in the cache; encode it.";
  return `The embedding of the part ${crop.width} x ${crop.height} at (${crop.x}, ${crop.y}) is not in the cache; encode it.`;
}
