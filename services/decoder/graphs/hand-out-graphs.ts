import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescribeGraphsRequest,
  type DescribeGraphsResponseSchema,
  type FetchGraphRequest,
  type FetchGraphResponseSchema,
  GraphRole,
} from "../../../proto/index.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { CallContext, Send } from "../../runtime/grpc/serve.js";
import type { DecoderTier } from "../decoder-tier.js";
import type { DecoderFiles, Part } from "./decoder-files.js";

/** Contract: chunks of at most 1 MiB. */
const chunkBytes = 512 * 1024;

const roles: Record<Part, GraphRole> = {
  prefix: GraphRole.PROMPT_PREFIX,
  step: GraphRole.PROMPT_STEP,
  stepWithMask: GraphRole.PROMPT_STEP_WITH_MASK,
};

type Tier = Pick<DecoderTier, "models" | "graphs">;
type Rewritten = Extract<DecoderFiles, { kind: "rewritten" }>;

/** `DecoderService.DescribeGraphs`. @throws ServiceError INVALID_ARGUMENT, UNAVAILABLE, FAILED_PRECONDITION. */
export async function describeGraphs(
  tier: Tier,
  request: DescribeGraphsRequest,
): Promise<MessageInitShape<typeof DescribeGraphsResponseSchema>> {
  const model = tier.models.serving(request.model);
  const { paths, digests } = rewritten(tier, model.id);
  const parts = Object.keys(paths) as Part[];
  const graphs = parts.map(async (part) => {
    const { size: bytes } = await stat(paths[part]);
    return { role: roles[part], model: model.id, sha256: digests[part], bytes };
  });
  return {
    model: model.id,
    encoderWeights: model.encoder.sha256,
    frameSize: model.preprocess.size,
    letterbox: model.preprocess.resize === "letterbox",
    maskGrid: model.decoder.maskGrid,
    graphs: await Promise.all(graphs),
  };
}

/** `DecoderService.FetchGraph`. @throws ServiceError NOT_FOUND; as `describeGraphs`. */
export async function fetchGraph(
  tier: Tier,
  request: FetchGraphRequest,
  send: Send<MessageInitShape<typeof FetchGraphResponseSchema>>,
  { signal }: CallContext,
): Promise<void> {
  const { paths, digests } = rewritten(tier, tier.models.serving(request.model).id);
  const part = (Object.keys(digests) as Part[]).find((one) => digests[one] === request.sha256);
  if (!part) throw new ServiceError({ code: Code.NOT_FOUND, message: "This decoder has no graph of that digest." });
  for await (const chunk of createReadStream(paths[part], { highWaterMark: chunkBytes, signal })) {
    await send({ chunk: chunk as Buffer });
  }
}

function rewritten({ graphs }: Tier, modelId: string): Rewritten {
  if (graphs?.model.id !== modelId) {
    throw new ServiceError({ code: Code.UNAVAILABLE, message: "The decoder is starting.", retryAfterMs: 500 });
  }
  if (graphs.files.kind === "rewritten") return graphs.files;
  const message = "This decoder runs the stock export, which is too slow to be run in a browser.";
  throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
}
