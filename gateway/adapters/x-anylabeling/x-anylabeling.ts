import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { anyone } from "../../../services/runtime/callers/principal.js";
import { Code, type ErrorInit } from "../../../services/runtime/errors.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import { type AdapterPort, AdapterRoutes, type Asked } from "../shared/adapter.js";
import { type Area, type LabelledPoint, promptsOfAreas } from "../shared/areas.js";
import { boxAround } from "../shared/geometry.js";
import { tokenHeader } from "../shared/keys.js";
import { pictureIn } from "../shared/picture.js";
import type { AdapterPrompt } from "../shared/prompts.js";
import { segment } from "../shared/segment.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { modelEntries, modelNamed, unknownModel } from "./models.js";
import { shapesOf, usualEpsilon } from "./shapes.js";
import { videoRoutes } from "./video-routes.js";

const coordinate = z.number({ error: "a coordinate is a number" });
const label = z.number().default(1);
const mark = z.discriminatedUnion(
  "type",
  [
    z.looseObject({ type: z.literal("point"), data: z.tuple([coordinate, coordinate]), label }),
    z.looseObject({
      type: z.literal("rectangle"),
      data: z.tuple([coordinate, coordinate, coordinate, coordinate]),
      label,
    }),
  ],
  { error: 'a mark is a "point" or a "rectangle"' },
);
const predictForm = z.looseObject({
  model: z.string({ error: "the model's name is missing" }),
  image: z.string({ error: "the picture is missing" }),
  params: z
    .looseObject({
      marks: z.array(mark).max(1000).nullish(),
      text_prompt: z.string().nullish(),
      conf_threshold: z.number().nullish(),
      epsilon_factor: z.number().min(0).max(1).nullish(),
    })
    .nullish(),
});
type Given = z.output<typeof predictForm>;

interface XAnyLabelingOptions {
  port: AdapterPort;
  /** Of the frames of videos that are kept. */
  adapterVideoBytes: number;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
}

/** X-AnyLabeling's server (X11, X17). */
export async function xAnyLabeling(
  app: FastifyInstance,
  { port, adapterVideoBytes, metrics }: XAnyLabelingOptions,
): Promise<void> {
  const routes = new AdapterRoutes(app, port, { authorization: tokenHeader, errorForm });
  // Of pictures it tells nothing.
  const health = async ({ ask, call }: Asked) => {
    const models = await ask.listModels({}, { ...call, principal: anyone });
    return { status: "healthy", models_loaded: models.length, timestamp: new Date().toISOString() };
  };
  routes.get("/health", health, { isPublic: true });
  routes.get("/v1/models", async (asked) => success(Object.fromEntries(await modelEntries(asked))));
  routes.get("/v1/models/:model/info", async (asked) => {
    const { model = "" } = asked.request.params as { model?: string };
    const [, entry] = (await modelEntries(asked)).find(([id]) => id === model) ?? [];
    if (!entry) throw unknownModel(model);
    return success({ model_id: model, ...entry });
  });
  routes.post("/v1/predict", predictForm, async (asked, given, body) => success(await predict(asked, given, body)));
  const close = videoRoutes(routes, { port, limitBytes: adapterVideoBytes, metrics });
  app.addHook("onClose", (_app, done) => {
    close();
    done();
  });
}

const success = (data: unknown) => ({ success: true, data });

async function predict(asked: Asked, { model, image, params }: Given, body: AdapterBody) {
  const id = await modelNamed(asked, model, "picture");
  const picture = pictureIn(body, image);
  const epsilon = params?.epsilon_factor ?? usualEpsilon;
  const shapes: object[] = [];
  let group = 0;
  for (const prompt of promptsOf(params)) {
    const { masks } = await segment(asked, picture, prompt, { model: id });
    // Of points and boxes the best; of words all that were found.
    const found = prompt.text === undefined ? masks.slice(0, 1) : masks;
    for (const mask of found) {
      const score = mask.grounding?.score ?? mask.predictedIou;
      if (score >= (params?.conf_threshold ?? 0)) shapes.push(...shapesOf(mask, epsilon, ++group));
    }
  }
  return { shapes, description: "", replace: false };
}

function promptsOf(params: Given["params"]): AdapterPrompt[] {
  const areas: Area[] = [];
  const points: LabelledPoint[] = [];
  for (const { type, data, label: given } of params?.marks ?? []) {
    if (type === "point") points.push({ x: data[0], y: data[1], label: given > 0 ? 1 : 0 });
    else {
      const box = boxAround([
        [data[0], data[1]],
        [data[2], data[3]],
      ]);
      if (given > 0) areas.push({ box });
      else points.push({ x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2, label: 0 });
    }
  }
  const text = params?.text_prompt?.trim();
  const prompts = promptsOfAreas(areas, points);
  if (!text) return prompts;
  return prompts.length === 0 ? [{ text }] : prompts.map((prompt) => ({ ...prompt, text }));
}

/** The stock client shows errors of HTTP alone: their own status, and the body that it would take apart. */
const errorForm: ErrorForm = (error) => ({
  body: { success: false, error: { code: codeOf(error), message: error.message } },
});

function codeOf({ code, reason }: ErrorInit): string {
  if (reason === "DAMAGED_IMAGE" || reason === "UNSUPPORTED_IMAGE" || reason === "IMAGE_TOO_LARGE")
    return "INVALID_IMAGE";
  if (code === Code.UNAUTHENTICATED) return "UNAUTHORIZED";
  if (code === Code.NOT_FOUND) return "MODEL_NOT_FOUND";
  return code === Code.INVALID_ARGUMENT ? "PROMPT_ERROR" : "INFERENCE_ERROR";
}
