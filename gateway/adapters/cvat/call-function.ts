import { z } from "zod";
import { type Mask, polygonsOf } from "../../../proto/index.js";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "../shared/adapter.js";
import { everything } from "../shared/everything.js";
import { cornersOf, simplify } from "../shared/geometry.js";
import { inTurns } from "../shared/in-turns.js";
import { maskPart, pixelsJson, rowsJson, runsOf } from "../shared/mask-part.js";
import { pictureIn } from "../shared/picture.js";
import type { AdapterPrompt } from "../shared/prompts.js";
import { segment } from "../shared/segment.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { knownNames, masksOfWords } from "../shared/words.js";
import { everythingLabel, type FunctionName } from "./functions.js";
import { mostTracked, trackObjects } from "./track-objects.js";

const coordinate = z.number({ error: "a coordinate is a number" });
const point = z.tuple([coordinate, coordinate], { error: "a point is [x, y]" });
const box = z.union([z.tuple([point, point]), z.tuple([])], { error: "a box is [[x0, y0], [x1, y1]]" });
const flatPoints = z
  .array(coordinate)
  .min(4, "a shape is [x0, y0, x1, y1]")
  .max(4000)
  .refine(({ length }) => length % 2 === 0, "a shape is x and y in turns");

/** What CVAT sends with a call, whichever function it is for. */
export const callForm = z.looseObject({
  image: z.string({ error: "the picture is missing" }),
  pos_points: z.array(point).max(1000).nullish(),
  neg_points: z.array(point).max(1000).nullish(),
  obj_bbox: box.nullish(),
  threshold: z.number().nullish(),
  shapes: z.array(flatPoints).max(mostTracked, `at most ${mostTracked} objects are tracked at once`).nullish(),
  states: z.array(z.unknown()).nullish(),
});
type Given = z.output<typeof callForm>;

/** Pixels by which a polygon may leave its mask: people drag its corners. */
const tolerance = 1.5;
/** Of a picture with thousands of objects as many as a person looks through. */
const mostFound = 500;
/** Things that a question may name at once. */
const namesAtOnce = 8;

/** @returns the answer in JSON. @throws ServiceError of what is asked; NOT_FOUND for a mask without a pixel, which CVAT has no form for. */
export function callFunction(name: FunctionName, asked: Asked, given: Given, body: AdapterBody): Promise<Uint8Array> {
  switch (name) {
    case "maskwire-interactor":
      return interact(asked, given, body);
    case "maskwire-everything":
      return findEverything(asked, given, body);
    case "maskwire-names":
      return findNames(asked, given, body);
    case "maskwire-tracker":
      return track(asked, given, body);
  }
}

async function interact(asked: Asked, given: Given, body: AdapterBody): Promise<Uint8Array> {
  const { pos_points: on, neg_points: beside, obj_bbox: corners, threshold } = given;
  const points = [
    ...(on ?? []).map(([x, y]) => ({ x, y, label: 1 })),
    ...(beside ?? []).map(([x, y]) => ({ x, y, label: 0 })),
  ];
  const [first, second] = corners ?? [];
  const around = first && second && { x0: first[0], y0: first[1], x1: second[0], y1: second[1] };
  const prompt: AdapterPrompt = { points, box: around };
  const { masks } = await segment(asked, pictureIn(body, given.image), prompt);
  const [best] = masks;
  const part = best && best.predictedIou >= (threshold ?? 0) ? maskPart(runsOf(best)) : undefined;
  if (!part)
    throw new ServiceError({
      code: Code.NOT_FOUND,
      message: "Nothing was found there; click elsewhere or draw a box.",
    });
  const bounds = JSON.stringify([part.left, part.top, part.right, part.bottom]);
  return Buffer.concat([Buffer.from('{"mask":'), rowsJson(part), Buffer.from(`,"bounds":${bounds}}`)]);
}

async function track(asked: Asked, { image, shapes, states }: Given, body: AdapterBody): Promise<Uint8Array> {
  const tracked = await trackObjects(asked, pictureIn(body, image), shapes ?? [], states ?? []);
  return Buffer.from(JSON.stringify(tracked));
}

async function findEverything(asked: Asked, given: Given, body: AdapterBody): Promise<Uint8Array> {
  const found = await everything(asked, pictureIn(body, given.image));
  const shapes = found
    .map(({ mask }) => ({ mask, label: everythingLabel, confidence: mask.predictedIou }))
    .filter(({ confidence }) => confidence >= (given.threshold ?? 0));
  return shapesJson(shapes.slice(0, mostFound));
}

async function findNames(asked: Asked, given: Given, body: AdapterBody): Promise<Uint8Array> {
  const picture = pictureIn(body, given.image);
  const names = await knownNames(asked);
  if (names.length === 0) {
    const message = "Nothing here knows things by their names; whoever runs it installs a detector.";
    throw new ServiceError({ code: Code.FAILED_PRECONDITION, reason: "NO_DETECTOR", message });
  }
  const shapes: Shape[] = [];
  for (let at = 0; at < names.length; at += namesAtOnce) {
    for (const mask of (await masksOfWords(asked, picture, names.slice(at, at + namesAtOnce).join(", "))) ?? []) {
      const { label = "", score = 0 } = mask.grounding ?? {};
      if (score >= (given.threshold ?? 0)) shapes.push({ mask, label, confidence: score });
    }
  }
  return shapesJson(shapes.slice(0, mostFound));
}

interface Shape {
  readonly mask: Mask;
  readonly label: string;
  readonly confidence: number;
}

/** Each with its mask and the outline that is used in its place where somebody wants polygons. */
async function shapesJson(shapes: readonly Shape[]): Promise<Uint8Array> {
  const parts = (await inTurns(shapes, shapeJson)).filter((one) => one.length > 0);
  const separated = parts.flatMap((part, at) => (at === 0 ? part : [Buffer.from(","), ...part]));
  return Buffer.concat([Buffer.from("["), ...separated, Buffer.from("]")]);
}

/** In pieces; none of an empty mask. */
function shapeJson({ mask, label, confidence }: Shape): Uint8Array[] {
  const runs = runsOf(mask);
  const part = maskPart(runs);
  if (!part) return [];
  const [outline = []] = [...polygonsOf(runs).outer].sort((a, b) => b.length - a.length);
  const points = simplify(cornersOf(outline), tolerance).flat();
  const head = JSON.stringify({ confidence: confidence.toFixed(4), label, type: "mask", points, attributes: [] });
  const { left, top, right, bottom } = part;
  return [
    Buffer.from(`${head.slice(0, -1)},"mask":[`),
    pixelsJson(part),
    Buffer.from(`,${left},${top},${right},${bottom}]}`),
  ];
}
