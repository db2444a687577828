import { create } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Mask, MaskFormat, MaskPromptSchema } from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import { type AdapterPort, AdapterRoutes, type Asked } from "../shared/adapter.js";
import { decodeBase64 } from "../shared/base64-bytes.js";
import { type FetchLimits, FileFetcher } from "../shared/fetch-file.js";
import { onPicture, type Picture, sizeOf } from "../shared/picture.js";
import type { AdapterPrompt } from "../shared/prompts.js";
import { asMany, segment } from "../shared/segment.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { embeddingFile, pictureOfEmbedding } from "./embedding-file.js";
import { findKey } from "./find-key.js";
import { KeptLogits } from "./kept-logits.js";
import { logitsOf, logitsOfFile, rowsOf } from "./logits.js";
import { maskArrays } from "./mask-arrays.js";
import { longestRing, predictionOf } from "./masks.js";
import { imageForm, NamedPictures } from "./pictures.js";

const number = z.number({ error: "a number is missing" });
const pair = z.tuple([number, number], { error: "a point is [x, y]" });
const named = z.looseObject({ image: imageForm.nullish(), image_id: z.string().nullish() });

const embedForm = named;
const embeddingForm = named.extend({
  format: z.enum(["json", "binary"], { error: 'embeddings are given as "json" or "binary"' }).nullish(),
});
const sam1Form = named.extend({
  embeddings: z.unknown().optional(),
  orig_im_size: z.tuple([number, number], { error: "a size is [height, width]" }).nullish(),
  point_coords: z.array(pair).max(1000).nullish(),
  point_labels: z.array(number).max(1000).nullish(),
  mask_input: z.unknown().optional(),
  has_mask_input: z.boolean().nullish(),
  use_mask_input_cache: z.boolean().nullish(),
  format: z.enum(["json", "binary"], { error: 'masks are given as "json" or "binary"' }).nullish(),
});

type Sam1 = z.output<typeof sam1Form>;

const sides = { x: number, y: number, width: number, height: number };
const point = z.looseObject({ x: number, y: number, positive: z.boolean().default(true) });
const question = z.looseObject({ box: z.looseObject(sides).nullish(), points: z.array(point).max(1000).nullish() });
type Question = z.output<typeof question>;
const questions = z.union([
  z.looseObject({ prompts: z.array(question).max(16) }).transform(({ prompts }) => prompts),
  z.array(question).max(16),
  question.transform((one) => [one]),
]);
const sam2Form = named.extend({
  prompts: questions.nullish(),
  multimask_output: z.boolean().nullish(),
  format: z
    .enum(["json", "polygon", "rle", "binary"], { error: 'masks are given as "json", "rle" or "binary"' })
    .nullish(),
  save_logits_to_cache: z.boolean().nullish(),
  load_logits_from_cache: z.boolean().nullish(),
});
type Sam2 = z.output<typeof sam2Form>;

const corners = z.union([z.looseObject(sides), z.looseObject({ x0: number, y0: number, x1: number, y1: number })]);
const conceptForm = named.extend({
  format: z.enum(["json", "polygon", "rle"], { error: 'masks are given as "polygon" or "rle"' }).nullish(),
  output_prob_thresh: number.nullish(),
  prompts: z
    .array(
      z.looseObject({
        type: z.string().nullish(),
        text: z.string().nullish(),
        boxes: z.array(corners).max(16).nullish(),
        box_labels: z.array(number).nullish(),
        output_prob_thresh: number.nullish(),
      }),
    )
    .min(1, "there is no prompt")
    .max(16),
});
type Concept = z.output<typeof conceptForm>["prompts"][number];

interface RoboflowOptions extends FetchLimits {
  port: AdapterPort;
}

/** Roboflow's inference server, as far as it is about masks (X12, X13). */
export async function roboflow(app: FastifyInstance, options: RoboflowOptions): Promise<void> {
  const { port } = options;
  const pictures = new NamedPictures(new FileFetcher(options));
  const logits = new KeptLogits();
  const routes = new AdapterRoutes(app, port, { authorization: findKey(port.bodies.pace), errorForm });

  for (const version of ["sam2", "sam3"]) {
    routes.post(`/${version}/embed_image`, embedForm, async (asked, given, body) => {
      const picture = await pictures.of(given.image, given.image_id, asked, body);
      const id = given.image_id ?? shortId(picture);
      return timed(async () => {
        await encode(asked, picture);
        return { image_id: id };
      });
    });
  }
  routes.post("/sam/embed_image", embeddingForm, async (asked, given, body) => {
    const picture = await pictures.of(given.image, given.image_id, asked, body);
    if (given.format === "binary") return binary(asked, await embeddingOf(asked, picture));
    return timed(async () => {
      await encode(asked, picture);
      // Twenty megabytes of text that nobody reads: the picture's id stands for them.
      return { embeddings: [] };
    });
  });
  routes.post("/sam/segment_image", sam1Form, async (asked, given, body) => {
    const known = await pictureGiven(asked, given, body, pictures);
    const key = given.image_id ? pictures.keyOf(given.image_id, asked) : undefined;
    const segmented = () => segmentImage(asked, given, body, known, { logits, key });
    if (given.format === "binary") return binary(asked, await maskArrays(asked, await segmented()));
    return timed(async () => {
      const masks = await segmented();
      return {
        masks: masks.map(longestRing),
        low_res_masks: masks.map(({ lowResLogits }) => (lowResLogits ? rowsOf(lowResLogits) : [])),
      };
    });
  });
  const visual = async (asked: Asked, given: Sam2, picture: Picture) => {
    const key = pictures.keyOf(picture.imageId, asked);
    const found: Mask[] = [];
    for (const one of given.prompts ?? [{}]) found.push(await predict(asked, given, one, picture, { logits, key }));
    return found;
  };
  for (const path of ["/sam2/segment_image", "/sam3/visual_segment"]) {
    routes.post(path, sam2Form, async (asked, given, body) => {
      const picture = await pictures.of(given.image, given.image_id, asked, body);
      const { format } = given;
      if (format === "binary") return binary(asked, await maskArrays(asked, await visual(asked, given, picture)));
      return timed(async () => {
        const found = await visual(asked, given, picture);
        return { predictions: found.map((mask) => predictionOf(mask, format === "rle" ? "rle" : "polygon")) };
      });
    });
  }
  routes.post("/sam3/concept_segment", conceptForm, async (asked, given, body) => {
    const picture = await pictures.of(given.image, given.image_id, asked, body);
    return timed(async () => {
      const results: object[] = [];
      for (const [index, prompt] of given.prompts.entries()) {
        const least = prompt.output_prob_thresh ?? given.output_prob_thresh ?? 0;
        const predictions = await concept(asked, prompt, picture, given.format === "rle" ? "rle" : "polygon", least);
        const { text = null, boxes } = prompt;
        const type = prompt.type ?? (text === null ? "visual" : "text");
        const echo = { prompt_index: index, type, text, num_boxes: boxes?.length ?? 0 };
        results.push({ prompt_index: index, echo, predictions });
      }
      return { prompt_results: results };
    });
  });
}

interface Kept {
  readonly logits: KeptLogits;
  /** What logits are kept by; undefined for a picture without an id. */
  readonly key: string | undefined;
}

/** By the embedding that was given for it, where one was. */
async function pictureGiven(asked: Asked, given: Sam1, body: AdapterBody, pictures: NamedPictures): Promise<Picture> {
  const { embeddings, orig_im_size: size } = given;
  const isEmpty = embeddings == null || (Array.isArray(embeddings) && embeddings.length === 0);
  if (isEmpty) return pictures.of(given.image, given.image_id, asked, body);
  const imageId = pictureOfEmbedding(fileIn(body, embeddings, "embeddings"));
  const file = () => {
    const message = "The picture of these embeddings is not known here any more; send it as `image`.";
    throw new ServiceError({ code: Code.NOT_FOUND, message });
  };
  const picture = { imageId, file };
  const { width, height } = await sizeOf(asked, picture);
  if (size && (size[0] !== height || size[1] !== width))
    throw invalidArgument(
      `orig_im_size is [${size.join(", ")}], and the picture of these embeddings [${height}, ${width}].`,
    );
  return picture;
}

/** @throws ServiceError INVALID_ARGUMENT for anything but Base64. */
function fileIn(body: AdapterBody, value: unknown, what: string): Buffer {
  if (typeof value !== "string") throw invalidArgument(`${what} is a file of numpy.save's in Base64.`);
  return Buffer.concat((body.fileAt(value) ?? decodeBase64(value)).pieces);
}

async function segmentImage(
  asked: Asked,
  given: Sam1,
  body: AdapterBody,
  picture: Picture,
  { logits, key }: Kept,
): Promise<Mask[]> {
  const labels = given.point_labels ?? [];
  // The model leaves labels below 0 out.
  const points = (given.point_coords ?? []).flatMap(([x, y], at) => {
    const label = labels[at] ?? 1;
    return label < 0 ? [] : [{ x, y, label: label > 0 ? 1 : 0 }];
  });
  const kept = given.use_mask_input_cache && key !== undefined ? logits.latest(key) : undefined;
  const start = given.has_mask_input && given.mask_input ? startOf(given, body) : kept;
  const prompt = points.length > 0 ? { points } : await middleOf(asked, picture);
  const { masks } = await segment(asked, picture, startingFrom(prompt, start), {
    formats: [MaskFormat.LOW_RES_LOGITS],
  });
  const [best] = masks;
  if (best?.lowResLogits && key !== undefined) logits.keep(key, [], best.lowResLogits);
  return masks;
}

/** Rows of numbers, or a file of them. */
const startOf = ({ mask_input: given }: Sam1, body: AdapterBody) =>
  typeof given === "string" ? logitsOfFile(fileIn(body, given, "mask_input")) : logitsOf(given);

async function predict(
  asked: Asked,
  given: Sam2,
  one: Question,
  picture: Picture,
  { logits, key = "" }: Kept,
): Promise<Mask> {
  const points = (one.points ?? []).map(({ x, y, positive }) => ({ x, y, label: positive ? 1 : 0 }));
  const { box } = one;
  // Its x and y are the middle's.
  const around = box && {
    x0: box.x - box.width / 2,
    y0: box.y - box.height / 2,
    x1: box.x + box.width / 2,
    y1: box.y + box.height / 2,
  };
  const parts = [...points, ...(around ? [around] : [])].map((part) => JSON.stringify(part));
  const start = given.load_logits_from_cache ? logits.before(key, parts) : undefined;
  const prompt = parts.length > 0 ? { points, box: around ?? undefined } : await middleOf(asked, picture);
  const wantsLogits = given.save_logits_to_cache || given.format === "binary";
  const formats = wantsLogits ? [MaskFormat.LOW_RES_LOGITS] : [];
  const { masks } = await segment(asked, picture, startingFrom(prompt, start), {
    ...asMany(given.multimask_output ?? true),
    formats,
  });
  const [best] = masks;
  if (!best) throw invalidArgument("Nothing was found there; ask at another place.");
  if (best.lowResLogits && given.save_logits_to_cache) logits.keep(key, parts, best.lowResLogits);
  return best;
}

/** Every object that words name, or the object in each box. */
async function concept(
  asked: Asked,
  { text, boxes, box_labels: labels }: Concept,
  picture: Picture,
  format: "polygon" | "rle",
  least: number,
): Promise<object[]> {
  const wanted = (boxes ?? []).filter((_, at) => (labels?.[at] ?? 1) > 0);
  if (!text && wanted.length === 0) throw invalidArgument("A prompt needs a text or a box.");
  const found = text
    ? (await segment(asked, picture, { text })).masks.map((mask) => ({
        mask,
        confidence: mask.grounding?.score ?? mask.predictedIou,
      }))
    : [];
  for (const box of text ? [] : wanted) {
    const around = "x0" in box ? box : { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
    const { x0, y0, x1, y1 } = around as { x0: number; y0: number; x1: number; y1: number };
    const { masks } = await segment(asked, picture, { box: { x0, y0, x1, y1 } });
    for (const mask of masks.slice(0, 1)) found.push({ mask, confidence: mask.predictedIou });
  }
  return found
    .filter(({ confidence }) => confidence >= least)
    .map(({ mask, confidence }) => predictionOf(mask, format, confidence));
}

/** What is asked where nothing is said: the middle. */
async function middleOf(asked: Asked, picture: Picture): Promise<AdapterPrompt> {
  const { width, height } = await sizeOf(asked, picture);
  return { points: [{ x: width / 2, y: height / 2 }] };
}

function startingFrom(prompt: AdapterPrompt, logits: ReturnType<typeof logitsOf> | undefined): AdapterPrompt {
  if (!logits) return prompt;
  return { ...prompt, mask: create(MaskPromptSchema, { source: { case: "lowResLogits", value: logits } }) };
}

const encode = ({ ask, call }: Asked, picture: Picture) =>
  onPicture({ ask, call }, picture, (imageId) => ask.openImage({ imageId, model: "" }, call));

async function embeddingOf(asked: Asked, picture: Picture): Promise<Buffer> {
  await encode(asked, picture);
  const record = await asked.ask.embedding({ imageId: picture.imageId, model: "" }, asked.call);
  asked.hold(4 * record.byteLength);
  return embeddingFile(record);
}

function binary({ reply }: Asked, file: Buffer): Buffer {
  reply.type("application/octet-stream");
  return file;
}

const shortId = ({ imageId }: Picture) => imageId.slice("sha256:".length, "sha256:".length + 12);

/** With the seconds that it took. */
async function timed<Answer extends object>(work: () => Promise<Answer>): Promise<Answer & { time: number }> {
  const begun = performance.now();
  const answer = await work();
  return { ...answer, time: (performance.now() - begun) / 1000 };
}

const errorForm: ErrorForm = ({ message }) => ({ body: { message } });
