import { stat } from "node:fs/promises";
import { GraphRole } from "../../../proto/index.js";
import { weightsOf } from "../../inference/families/weights-of.js";
import { capabilitiesMessage } from "../../inference/models/list-models.js";
import type { Models } from "../../inference/models/models.js";
import type { Part } from "../graphs/decoder-files.js";
import { rewrittenGraphs, type ServedGraphs } from "../graphs/served-graphs.js";
import type { Handlers } from "./handlers.js";

const roles: Record<Part, GraphRole> = {
  prefix: GraphRole.PROMPT_PREFIX,
  step: GraphRole.PROMPT_STEP,
  stepWithMask: GraphRole.PROMPT_STEP_WITH_MASK,
};

/** @throws ServiceError INVALID_ARGUMENT (model), UNAVAILABLE, FAILED_PRECONDITION. */
export function describeGraphs(models: Models, graphs: ServedGraphs): Handlers["describeGraphs"] {
  return async (request) => {
    const model = models.serving(request.model);
    const { paths, digests } = await rewrittenGraphs(graphs, model);
    const described = (Object.keys(paths) as Part[]).map(async (part) => {
      const { size: bytes } = await stat(paths[part]);
      return { role: roles[part], model: model.id, sha256: digests[part], bytes };
    });
    return {
      model: model.id,
      encoderWeights: weightsOf(model, "encoder"),
      frameSize: model.decoder.tokens.side,
      letterbox: model.preprocess.resize === "letterbox",
      maskGrid: model.decoder.maskGrid,
      graphs: await Promise.all(described),
      capabilities: capabilitiesMessage(model),
    };
  };
}
