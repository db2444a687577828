import type { Admission } from "../../inference/admission.js";
import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import { embeddingSource } from "../pictures/embedding-source.js";
import type { Pictures } from "../pictures/pictures.js";
import type { PrepareTask } from "../worker/decoder-tasks.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  admission: Admission;
  models: Models;
  pictures: Pictures;
}

/** Makes a picture ready for its first prompt, when no prompt waits. */
export function prepare({ admission, models, pictures }: Objects): Handlers["prepare"] {
  return async (request, call) => {
    admission.check();
    const picture = await pictures.open(requestedEmbedding(models, request, call.origin), call);
    const { warm } = await picture.run<PrepareTask>({ kind: "prepare" });
    return { embeddingSource: embeddingSource(warm, picture.local) };
  };
}
