import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Mask } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import { type AdapterPort, AdapterRoutes, type Asked } from "../shared/adapter.js";
import { greyPng } from "../shared/grey-png.js";
import { basicOrBearer } from "../shared/keys.js";
import { maskPart, runsOf } from "../shared/mask-part.js";
import { servedModels } from "../shared/model.js";
import { type Picture, pictureIn, sizeOf } from "../shared/picture.js";
import type { AdapterPrompt } from "../shared/prompts.js";
import { segment } from "../shared/segment.js";

const number = z.number({ error: "a number is missing" });
const pair = z.tuple([number, number], { error: "a point is [x, y]" });
const generateForm = z.looseObject({
  model: z.string({ error: "the model's name is missing" }),
  image: z.string({ error: "the picture is missing: send its file in Base64" }),
  prompt: z
    .looseObject({
      points: z.array(pair).max(1000).nullish(),
      point_labels: z.array(number).max(1000).nullish(),
      texts: z.array(z.string()).max(8).nullish(),
      score_threshold: number.nullish(),
      max_annotations: number.nullish(),
    })
    .nullish(),
});
type Given = z.output<typeof generateForm>;

/** Models of osam's that take what ours takes. */
const likeOurs = /^(?:sam|sam2|sam3|efficientsam|yoloworld)(?::[\w.-]+)?$/;

/** `osam serve` (X15). */
export async function osam(app: FastifyInstance, { port }: { port: AdapterPort }): Promise<void> {
  const routes = new AdapterRoutes(app, port, { authorization: basicOrBearer, errorForm });
  const running = ({ reply }: Asked) => {
    reply.type("text/plain; charset=utf-8");
    return Buffer.from("osam is running");
  };
  routes.get("/", running, { isPublic: true });
  routes.post("/api/generate", generateForm, async (asked, given, body) => {
    const model = await modelOf(asked, given.model);
    const masks = await masksOf(asked, given, pictureIn(body, given.image), model);
    const annotations = await Promise.all(masks.map(annotationOf));
    // The embedding stays here; the picture's bytes stand for it.
    return { model: given.model, image_embedding: null, annotations: annotations.flat() };
  });
}

/** @returns what requests name: nothing for the usual one. @throws ServiceError INVALID_ARGUMENT for a model of another kind. */
async function modelOf(asked: Asked, name: string): Promise<string> {
  const models = await servedModels(asked);
  const served = models.find(({ id }) => id === name.replace(/:latest$/, ""));
  if (served) return served.usual ? "" : served.id;
  if (likeOurs.test(name)) return "";
  throw invalidArgument(`There is no model "${name.slice(0, 80)}" here; "sam:latest" is the usual one.`);
}

async function masksOf(asked: Asked, { prompt }: Given, picture: Picture, model: string): Promise<Mask[]> {
  const { texts, score_threshold: least = 0, max_annotations: most } = prompt ?? {};
  if (!texts || texts.length === 0)
    return (await segment(asked, picture, await promptOf(asked, prompt, picture), { model })).masks.slice(0, 1);
  const { masks } = await segment(asked, picture, { text: texts.join(", ") }, { model });
  return masks.filter(({ grounding }) => (grounding?.score ?? 0) >= (least ?? 0)).slice(0, most ?? undefined);
}

/** Labels 2 and 3 are a box's left top and right bottom; with nothing the middle is asked for. */
async function promptOf(asked: Asked, prompt: Given["prompt"], picture: Picture): Promise<AdapterPrompt> {
  const all = (prompt?.points ?? []).map(([x, y], at) => ({ x, y, label: prompt?.point_labels?.[at] ?? 1 }));
  const points = all.filter(({ label }) => label === 0 || label === 1);
  const leftTop = all.find(({ label }) => label === 2);
  const rightBottom = all.find(({ label }) => label === 3);
  const box = leftTop && rightBottom && { x0: leftTop.x, y0: leftTop.y, x1: rightBottom.x, y1: rightBottom.y };
  if (points.length > 0 || box) return { points, box };
  if (all.length > 0)
    throw invalidArgument("Labels are 0 beside the object, 1 on it, and 2 and 3 together for a box's corners.");
  const { width, height } = await sizeOf(asked, picture);
  return { points: [{ x: width / 2, y: height / 2, label: 1 }] };
}

/** None of an empty mask. */
async function annotationOf(mask: Mask): Promise<object[]> {
  const part = maskPart(runsOf(mask), 255);
  if (!part) return [];
  const { left, top, right, bottom } = part;
  return [
    {
      bounding_box: { xmin: left, ymin: top, xmax: right, ymax: bottom },
      text: mask.grounding?.label ?? null,
      score: mask.grounding?.score ?? null,
      mask: (await greyPng(part)).toString("base64"),
    },
  ];
}

const errorForm: ErrorForm = ({ message }) => ({ body: { detail: message } });
