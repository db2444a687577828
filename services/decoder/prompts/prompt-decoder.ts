import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type EmbeddingSource,
  MaskFormat,
  maxFormats,
  type SegmentRequest,
  type SegmentResultSchema,
} from "../../../proto/index.js";
import type { Admission } from "../../inference/admission.js";
import type { Models } from "../../inference/models/models.js";
import type { OnceStarted } from "../../inference/once-started.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { logFields, shortImageId } from "../../runtime/tracing/origin.js";
import { noSpan } from "../../runtime/tracing/spans.js";
import { maskMessage } from "../../sam/masks/mask-message.js";
import type { CheckedPrompt } from "../../sam/prompts/check-prompt.js";
import { embeddingSource } from "../pictures/embedding-source.js";
import type { DecoderPool, Pictures, PictureTasks } from "../pictures/pictures.js";
import type { DecodedPrompt, PromptTask } from "../worker/decoder-tasks.js";
import { acceptPrompt } from "./accept-prompt.js";
import { PreviewsUnderWay } from "./previews-under-way.js";
import { traceDecode } from "./trace-decode.js";

type Result = MessageInitShape<typeof SegmentResultSchema>;

/** Times as long as a prompt mostly takes. */
const hangsAfter = 3;

/** Milliseconds that a prompt spent in each stage. */
export interface StageTimes {
  queueMs: number;
  embeddingMs: number;
  decodeMs: number;
  maskMs: number;
}

interface PromptDecoderOptions {
  admission: Admission;
  models: Pick<Models, "serving">;
  pictures: Pick<Pictures, "open">;
  parts: OnceStarted<{ pool: Pick<DecoderPool, "isFree" | "taskMs"> }>;
  /** Told of every prompt that was answered; `isPreviewed` without a run, from the preview before it. */
  onDecoded: (times: StageTimes, source: EmbeddingSource, isPreviewed: boolean, modelId: string) => void;
}

/** Decodes prompts of people and programs, one at a time each, and follows previews that ask the same. */
export class PromptDecoder {
  readonly #options: PromptDecoderOptions;
  readonly #previews = new PreviewsUnderWay();

  constructor(options: PromptDecoderOptions) {
    this.#options = options;
  }

  /**
   * One prompt -> its masks.
   * @throws ServiceError INVALID_ARGUMENT (image id, model, prompt), NOT_FOUND (no embedding: have it encoded), UNAVAILABLE,
   *   RESOURCE_EXHAUSTED (queue full, with a retry hint), CANCELLED.
   */
  async decode(request: SegmentRequest, call: CallContext): Promise<Result> {
    const { admission, models, pictures, onDecoded } = this.#options;
    admission.check(request.preview ? "previews" : "clicks");
    const startedAt = performance.now();
    if (!request.preview) call.take("clicksPerMinute", 1);
    if (request.formats.length > maxFormats) throw invalidArgument(`A request has at most ${maxFormats} formats.`);
    const picture = await pictures.open(requestedEmbedding(models, request, call.origin), call);
    const { ref } = picture;
    const prompt = acceptPrompt(request.prompt, picture.picture, ref.model, ref.crop);
    const fetchedAt = performance.now();
    const fetchMs = fetchedAt - startedAt;
    const { decoded, queueMs } = await this.#run(picture, prompt, request, fetchedAt);
    const { prepareMs, decodeMs, maskMs } = decoded;
    const timings = { queueMs, embeddingMs: fetchMs + prepareMs, decodeMs, maskMs };
    const source = embeddingSource(decoded.warm, picture.local);
    // Counted once the answer has been written: the one who asked does not wait for it.
    const doneAt = performance.now();
    setImmediate(() => {
      const { span, logger } = call;
      onDecoded(timings, source, decoded.isPreviewed, ref.model.id);
      if (span !== noSpan) traceDecode(span, { startedAt, doneAt, fetchMs, queueMs, ...decoded }, source);
      if (logger.isLevelEnabled("debug")) {
        const image = shortImageId(ref.imageId);
        logger.debug({ ...logFields({}, span), sequence: request.sequence, image, ...timings }, "prompt decoded");
      }
    });
    return {
      imageId: ref.imageId,
      model: ref.model.id,
      masks: decoded.masks.map((mask) => maskMessage(mask, picture.picture, ref.crop)),
      timings,
      embeddingSource: source,
      draft: request.draft,
    };
  }

  async #run(
    picture: PictureTasks,
    prompt: CheckedPrompt,
    { preview, multimask, formats }: SegmentRequest,
    since: number,
  ): Promise<{ decoded: DecodedPrompt; queueMs: number }> {
    const { key } = picture.ref;
    const task = {
      kind: "prompt" as const,
      prompt,
      picture: picture.picture,
      ...(picture.ref.crop ? { crop: picture.ref.crop } : {}),
      preview,
      multimask,
      png: formats.includes(MaskFormat.PNG),
      lowResLogits: formats.includes(MaskFormat.LOW_RES_LOGITS),
    };
    const staysWithKey = await this.#follow(key, prompt);
    let queueMs = 0;
    let ended = () => {};
    const onStart = () => {
      queueMs = performance.now() - since;
      if (preview) ended = this.#previews.begin(key, prompt);
    };
    try {
      const decoded = await picture.run<PromptTask>(task, { urgent: !preview, staysWithKey, onStart });
      return { decoded, queueMs };
    } finally {
      ended();
    }
  }

  /**
   * Waits for a preview that runs and asks the same, while another worker is free: when all are busy a prompt takes its place in
   * the line instead. @returns whether there was one: its candidates are where it ran.
   */
  async #follow(key: string, prompt: CheckedPrompt): Promise<boolean> {
    const { pool } = this.#options.parts.get();
    if (!pool.isFree) return false;
    const end = this.#previews.same(key, prompt, hangsAfter * pool.taskMs);
    await end;
    return end !== undefined;
  }
}
