import { z } from "zod";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "../shared/adapter.js";
import { everything } from "../shared/everything.js";
import { inTurns } from "../shared/in-turns.js";
import { usualModel } from "../shared/model.js";
import { type Picture, sizeOf } from "../shared/picture.js";
import { segment } from "../shared/segment.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { knowsWords, masksOfWords } from "../shared/words.js";
import { capabilities, eventAnswer, prewarm } from "./events.js";
import { formatsOf, itemsOf } from "./items.js";
import { type AnswerControl, answerControl, type LabelConfig, readLabelConfig } from "./label-config.js";
import type { TaskPictures } from "./pictures.js";
import { type DrawnRegion, hasSize, isDrawn, promptsOf, type Region, regionForm } from "./regions.js";

const task = z.looseObject({
  id: z.union([z.number(), z.string()]).transform(String),
  data: z.record(z.string(), z.unknown()),
});
type Task = z.output<typeof task>;

export const predictForm = z.looseObject({
  tasks: z.array(task).min(1, "there is no task").max(1000),
  label_config: z.string(),
  params: z
    .looseObject({
      context: z
        .looseObject({ event: z.string().nullish(), result: z.array(regionForm).max(1000).default([]) })
        .nullish(),
    })
    .nullish(),
});
type Context = NonNullable<NonNullable<z.output<typeof predictForm>["params"]>["context"]>;

interface Prediction {
  result: object[];
  score: number;
  model_version: string;
}

/** Of a picture with thousands of objects as many as a person looks through. */
const mostFound = 200;
/** Label Studio waits 100 s for all tasks of a request. */
const batchMs = 60_000;

/** What Label Studio asks: what was drawn is answered at once, whole tasks one after the other. */
export class Predictions {
  readonly #pictures: TaskPictures;

  constructor(pictures: TaskPictures) {
    this.#pictures = pictures;
  }

  async answer(asked: Asked, { tasks, label_config, params }: z.output<typeof predictForm>, body: AdapterBody) {
    const config = readLabelConfig(label_config);
    const { id: version } = await usualModel(asked);
    const context = params?.context;
    if (context) {
      const answered = await this.#inContext(asked, tasks[0]!, config, context, body);
      return { results: [{ ...answered, model_version: version }] };
    }
    const begun = performance.now();
    const results: Prediction[] = [];
    for (const one of tasks) {
      const prediction = this.#batch(asked, one, config, body).then((found) => ({ ...found, model_version: version }));
      if (tasks.length === 1) return { results: [await prediction] };
      const found = await prediction.catch(() => undefined);
      // At one answer for several tasks Label Studio asks for each by itself, which gives each its own time and its own error.
      if (!found || performance.now() - begun > batchMs)
        return { results: [found ?? { result: [], score: 0, model_version: version }] };
      results.push(found);
    }
    return { results };
  }

  async #inContext(asked: Asked, task: Task, config: LabelConfig, { event, result }: Context, body: AdapterBody) {
    // What a backend can do is asked of no task.
    if (event === "capabilities") return eventAnswer("capabilities", capabilities);
    if (event === "release") return eventAnswer("release_ack", { status: "released" });
    const [first] = result;
    const control = answerControl(config, first?.to_name);
    if (event === "prewarm") {
      const picture = await this.#pictureOf(task, control, config, asked, body);
      const at = { from_name: control.name, to_name: control.toName };
      return eventAnswer("prewarm_ack", await prewarm(asked, picture), at);
    }
    if (event && event !== "predict") throw unknownEvent(event);
    return first ? this.#interactive(asked, task, config, [first, ...result.slice(1)], body) : { result: [], score: 0 };
  }

  async #interactive(
    asked: Asked,
    task: Task,
    config: LabelConfig,
    drawn: readonly [DrawnRegion, ...DrawnRegion[]],
    body: AdapterBody,
  ) {
    const [first] = drawn;
    const control = answerControl(config, first.to_name);
    const label = labelOf(drawn.at(-1) ?? first, control);
    const picture = await this.#pictureOf(task, control, config, asked, body);
    const regions = await sized(asked, picture, drawn);
    if (regions.some(isDrawn)) await checkSize(asked, picture, regions);
    const items: object[] = [];
    let score = 0;
    for (const prompt of promptsOf(regions)) {
      const { masks } = await segment(asked, picture, prompt, { formats: formatsOf(control) });
      const [best] = masks;
      if (!best) continue;
      items.push(...itemsOf(best, control, label));
      score = Math.max(score, best.predictedIou);
    }
    return { result: items, score: Math.min(1, score) };
  }

  /** By the control's labels where something here knows words, or else all that there is. */
  async #batch(asked: Asked, task: Task, config: LabelConfig, body: AdapterBody) {
    const control = answerControl(config);
    const picture = await this.#pictureOf(task, control, config, asked, body);
    const named: { mask: Parameters<typeof itemsOf>[0]; label: string | undefined }[] = [];
    let isNamed = false;
    for (const label of (await knowsWords(asked)) ? control.labels : []) {
      const masks = await masksOfWords(asked, picture, label);
      isNamed ||= masks !== undefined;
      for (const mask of masks ?? []) named.push({ mask, label });
    }
    if (!isNamed) {
      const [only, ...others] = control.labels;
      const label = others.length === 0 ? only : undefined;
      for (const { mask } of (await everything(asked, picture)).slice(0, mostFound)) named.push({ mask, label });
    }
    const found = named.map(({ mask }) => mask.predictedIou);
    const score = found.length === 0 ? 0 : found.reduce((sum, one) => sum + one, 0) / found.length;
    const items = await inTurns(named, ({ mask, label }) => itemsOf(mask, control, label));
    return { result: items.flat(), score: Math.min(1, score) };
  }

  #pictureOf(
    { id, data }: Task,
    { toName }: AnswerControl,
    { pictures }: LabelConfig,
    asked: Asked,
    body: AdapterBody,
  ) {
    const field = pictures.get(toName) ?? "";
    const value = data[field];
    if (typeof value !== "string" || value === "") throw invalidArgument(`The task has no picture in "${field}".`);
    return this.#pictures.of(value, id, asked, body);
  }
}

/** Some pages say only how many percent of the picture something is. */
async function sized(asked: Asked, picture: Picture, drawn: readonly DrawnRegion[]): Promise<Region[]> {
  const own = drawn.filter(hasSize);
  if (own.length === drawn.length) return own;
  const { width, height } = await sizeOf(asked, picture);
  return drawn.map((region) =>
    hasSize(region) ? region : { ...region, original_width: width, original_height: height },
  );
}

const unknownEvent = (event: string) =>
  new ServiceError({
    code: Code.UNIMPLEMENTED,
    message: `Pictures have no "${event.slice(0, 40)}"; objects are followed through videos on this server's own page.`,
  });

/** Masks go into the size that Label Studio says the picture has. */
async function checkSize(asked: Asked, picture: Picture, regions: readonly Region[]): Promise<void> {
  const { width, height } = await sizeOf(asked, picture);
  const other = regions.find(
    ({ original_width, original_height }) => original_width !== width || original_height !== height,
  );
  if (!other) return;
  throw invalidArgument(
    `The picture has ${width} x ${height} pixels, and the region says ${other.original_width} x ${other.original_height}.`,
  );
}

/** The label that was clicked with, where the control has it. @throws ServiceError INVALID_ARGUMENT for one that it has not. */
function labelOf({ type, value }: DrawnRegion, { labels, name }: AnswerControl): string | undefined {
  const own = value[type];
  const given = value.labels ?? (Array.isArray(own) ? own : []);
  const [label] = given.filter((one): one is string => typeof one === "string");
  if (labels.length === 0 || (label !== undefined && labels.includes(label))) return label;
  const [only, ...others] = labels;
  if (others.length === 0) return only;
  if (label === undefined) return undefined;
  throw invalidArgument(
    `The control "${name}" has no label "${label.slice(0, 80)}"; give it the labels of the smart tools.`,
  );
}
