import { create, type MessageInitShape } from "@bufbuild/protobuf";
import pLimit from "p-limit";
import {
  type Box,
  type GroundedBox,
  type Grounding,
  GroundingSchema,
  type MaskSchema,
  PromptSchema,
  type SegmentRequest,
  type SegmentResultSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { groundingOf } from "./grounding-of.js";
import { holdsPoints, liesIn } from "./mask-contents.js";

type Result = MessageInitShape<typeof SegmentResultSchema>;
type Mask = MessageInitShape<typeof MaskSchema>;
type Decode = (request: SegmentRequest, call: CallContext) => Promise<Result>;

interface WordsOptions {
  /** The model of that id; an empty one means one too. @throws ServiceError when it is not served. */
  serving: (id: string) => { id: string; capabilities: { boxes: boolean } };
  /** Of one request, at once. */
  workers: number;
}

/**
 * A prompt with words -> a mask for each box that they were found in, the best score first, each decoded by itself; of these
 * with points those whose mask holds every positive and no negative one, with a box those that lie in it by more than half.
 * Any other prompt goes on as it is. @throws ServiceError FAILED_PRECONDITION for words that nobody has looked for.
 */
export function withWords(decode: Decode, { serving, workers }: WordsOptions): Decode {
  return async (request, call) => {
    const { prompt } = request;
    if (!prompt?.text) return decode(request, call);
    if (prompt.mask)
      throw invalidArgument("`text` does not go with a mask to start from; with points and a box it does.");
    const { detector, boxes } = groundingOf(request.grounding);
    const atOnce = pLimit(workers);
    const uncounted = { ...call, take: onceOnly(call.take) };
    const model = serving(request.model);
    const results = await Promise.all(
      boxes.map(({ box }) => atOnce(() => decode(aloneIn(request, box, model.capabilities.boxes), uncounted))),
    );
    const masks = results.flatMap(({ masks = [] }, at) =>
      masks.slice(0, 1).map((mask): Mask => ({ ...mask, grounding: groundingOfMask(boxes[at], detector) })),
    );
    const [first] = results;
    return {
      imageId: first?.imageId ?? request.imageId,
      model: first?.model ?? model.id,
      ...(first?.embeddingSource === undefined ? {} : { embeddingSource: first.embeddingSource }),
      masks: masks.filter((mask) => holdsPoints(mask, prompt.points) && liesIn(mask, prompt.box)),
      timings: sumOf(results),
    };
  };
}

/**
 * Which candidate answers is left to SAM's own rule, which for a box alone is the one with the best predicted IoU: a detector's
 * box is not as tight as a person's, and the unambiguous mask is worse at that. A model that takes no boxes is asked what is in
 * the middle of it.
 */
function aloneIn(
  { grounding: _, multimask: __, ...request }: SegmentRequest,
  box: Box | undefined,
  takesBoxes: boolean,
): SegmentRequest {
  const asked = box && (takesBoxes ? { box } : { points: [middleOf(box)] });
  return { ...request, prompt: create(PromptSchema, asked ?? {}) };
}

const middleOf = ({ x0 = 0, y0 = 0, x1 = 0, y1 = 0 }: Box) => ({ x: (x0 + x1) / 2, y: (y0 + y1) / 2, label: 1 });

const groundingOfMask = (found: GroundedBox | undefined, detector: string): Grounding =>
  create(GroundingSchema, {
    label: found?.label ?? "",
    via: found?.via ?? "",
    score: found?.score ?? 0,
    ...(found?.box ? { box: found.box } : {}),
    detector,
  });

/** However many objects they are, words are one click. */
function onceOnly(take: CallContext["take"]): CallContext["take"] {
  let isTaken = false;
  return (name, amount) => {
    const taken = take(name, isTaken ? 0 : amount);
    isTaken = true;
    return taken;
  };
}

/** Milliseconds of work, of all of them; the wait is the first one's. */
function sumOf(results: readonly Result[]): NonNullable<Result["timings"]> {
  const sum = (stage: "embeddingMs" | "decodeMs" | "maskMs") =>
    results.reduce((all, { timings }) => all + (timings?.[stage] ?? 0), 0);
  return {
    queueMs: results[0]?.timings?.queueMs ?? 0,
    embeddingMs: sum("embeddingMs"),
    decodeMs: sum("decodeMs"),
    maskMs: sum("maskMs"),
  };
}
