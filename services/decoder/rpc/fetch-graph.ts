import { createReadStream } from "node:fs";
import type { Models } from "../../inference/models/models.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { Part } from "../graphs/decoder-files.js";
import { rewrittenGraphs, type ServedGraphs } from "../graphs/served-graphs.js";
import type { Handlers } from "./handlers.js";

/** Contract: chunks of at most 1 MiB. */
const chunkBytes = 512 * 1024;

/** @throws ServiceError NOT_FOUND; as `describeGraphs`. */
export function fetchGraph(models: Models, graphs: ServedGraphs): Handlers["fetchGraph"] {
  return async ({ model, sha256 }, send, { signal }) => {
    const { paths, digests } = await rewrittenGraphs(graphs, models.serving(model));
    const part = (Object.keys(digests) as Part[]).find((one) => digests[one] === sha256);
    if (!part) throw new ServiceError({ code: Code.NOT_FOUND, message: "This decoder has no graph of that digest." });
    for await (const chunk of createReadStream(paths[part], { highWaterMark: chunkBytes, signal })) {
      await send({ chunk: chunk as Buffer });
    }
  };
}
