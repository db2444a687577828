import type { LoadEmbeddingRequest } from "../../../proto/index.js";
import type { Admission } from "../../inference/admission.js";
import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import { Code, invalidArgument, overloaded, ServiceError } from "../../runtime/errors.js";
import { RecordError } from "../../sam/record-error.js";
import { mostRecordBytes } from "../../stores/embedding-store.js";
import type { EmbeddingCache } from "../pictures/embedding-cache.js";
import type { Handlers } from "./handlers.js";

/** At once; of some megabytes each, until they are kept. */
const maxUnderWay = 32;
const retryAfterMs = 200;

interface LoadObjects {
  admission: Admission;
  models: Pick<Models, "serving">;
  embeddings: Pick<EmbeddingCache, "has" | "put" | "asOf">;
}

/** Header, chunks -> kept in this process, checked like a record of the shared cache. */
export function loadEmbedding({ admission, models, embeddings }: LoadObjects): Handlers["loadEmbedding"] {
  let underWay = 0;
  return async (requests, { origin }) => {
    const parts = requests[Symbol.asyncIterator]();
    const first = await parts.next();
    if (first.done || first.value.part.case !== "header") {
      throw invalidArgument("The first message of LoadEmbedding must be its header.");
    }
    const ref = requestedEmbedding(models, first.value.part.value, origin);
    if (embeddings.has(ref)) return { cached: true };
    const { asOf } = embeddings;
    admission.check();
    if (underWay >= maxUnderWay) {
      throw overloaded("Too many embeddings are being sent here; try again.", retryAfterMs);
    }
    underWay++;
    try {
      const record = await readChunks(parts, mostRecordBytes(ref.model));
      if (!keep(() => embeddings.put(ref, record, asOf))) {
        const message = "The decoder's memory for embeddings is smaller than this one.";
        throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message });
      }
      return { cached: false };
    } finally {
      underWay--;
    }
  };
}

async function readChunks(parts: AsyncIterator<LoadEmbeddingRequest>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const { part } = next.value;
    if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
    total += part.value.byteLength;
    if (total > maxBytes) throw invalidArgument("The record is larger than any of this model.");
    chunks.push(part.value);
  }
  return Buffer.concat(chunks, total);
}

function keep(put: () => boolean): boolean {
  try {
    return put();
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    if (cause instanceof RecordError && cause.fault === "frame") throw otherFrame(cause);
    const why = cause instanceof RecordError ? cause.message : "a damaged record";
    throw new ServiceError({
      code: Code.INVALID_ARGUMENT,
      message: `The embedding cannot be used: it is ${why}.`,
      cause,
    });
  }
}

/** For who runs them: no prompt and no encode could change it. */
function otherFrame(cause: RecordError): ServiceError {
  const message =
    "The encoder and the decoder are set to different frames: MASKWIRE_ENCODER_FRAME has to be the same for both.";
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, cause });
}
