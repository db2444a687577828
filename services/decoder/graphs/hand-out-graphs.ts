import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  DescribeGraphsRequest,
  DescribeGraphsResponseSchema,
  FetchGraphRequest,
  FetchGraphResponseSchema,
  GraphFileSchema,
} from "../../../proto/index.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { CallContext, Send } from "../../runtime/grpc/serve.js";
import type { DecoderTier } from "../decoder-tier.js";
import type { DecoderFiles, Part } from "./decoder-files.js";

/** Contract: chunks of at most 1 MiB. */
const chunkBytes = 512 * 1024;

type Tier = Pick<DecoderTier, "models" | "graphs">;
type Rewritten = Extract<DecoderFiles, { kind: "rewritten" }>;

/** `DecoderService.DescribeGraphs`. @throws ServiceError INVALID_ARGUMENT, UNAVAILABLE, FAILED_PRECONDITION. */
export async function describeGraphs(
  tier: Tier,
  request: DescribeGraphsRequest,
): Promise<MessageInitShape<typeof DescribeGraphsResponseSchema>> {
  const model = tier.models.serving(request.model);
  const files = rewritten(tier, model.id);
  const describe = async (part: Part): Promise<MessageInitShape<typeof GraphFileSchema>> => {
    const { size } = await stat(files.paths[part]);
    return { sha256: files.digests[part], bytes: size };
  };
  return {
    model: model.id,
    encoderWeights: model.encoder.sha256,
    prefix: await describe("prefix"),
    step: await describe("step"),
    stepWithMask: await describe("stepWithMask"),
    frameSize: model.preprocess.size,
    letterbox: model.preprocess.resize === "letterbox",
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
