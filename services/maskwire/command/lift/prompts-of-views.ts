import { readFile } from "node:fs/promises";
import { fromJson, type JsonObject, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { type PromptSchema, TrackPromptSchema } from "../../../../proto/index.js";
import { usageError } from "../command-error.js";
import { fileProblem } from "../photo-files.js";
import { type SegmentOptions, toPrompt } from "../segment-photo.js";
import type { View } from "./model/colmap-model.js";

/** Where a person says that an object is. */
interface ShownObject {
  readonly view: number;
  readonly object: number;
  readonly prompt: MessageInitShape<typeof PromptSchema>;
}

export interface ShowingOptions extends Pick<SegmentOptions, "point" | "negative" | "box"> {
  view?: string;
  objects?: string;
}

/** Objects are numbered in a palette PNG. */
const mostObjects = 255;
const example = '[{"object": 1, "view": "a.jpg", "prompt": {"points": [{"x": 500, "y": 375}]}}]';

/** @throws CommandError (bad usage) with what is wrong. */
export async function promptsOfViews(options: ShowingOptions, views: readonly View[]): Promise<ShownObject[]> {
  const { objects, point, negative, box, view } = options;
  const isHere = point !== undefined || negative !== undefined || box !== undefined || view !== undefined;
  if (objects !== undefined && isHere) {
    throw usageError("Say where objects are by --objects, or one by --view with --point and --box.");
  }
  if (objects !== undefined) return readObjects(objects, views);
  const prompt = toPrompt(options);
  return [{ view: view === undefined ? 0 : viewAt(view, views, "--view"), object: 1, prompt }];
}

/** A list as `maskwire track` has it, with `view`, a picture's name, in place of `frame`, which is its place among all. */
async function readObjects(path: string, views: readonly View[]): Promise<ShownObject[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw usageError(`${path} cannot be read: ${fileProblem(error)}.`);
  });
  let list: ShownObject[];
  try {
    list = (JSON.parse(text) as JsonObject[]).map(({ view, ...rest }) => {
      const { frame, object, prompt } = fromJson(TrackPromptSchema, rest as JsonValue);
      if (!prompt) throw new Error("one has no prompt");
      return { view: typeof view === "string" ? viewAt(view, views, path) : frame, object, prompt };
    });
  } catch (error) {
    throw usageError(`${path} is no list of prompts such as ${example}: ${(error as Error).message}`);
  }
  if (list.length === 0) throw usageError(`${path} has no prompt.`);
  for (const { view, object } of list) {
    if (view >= views.length)
      throw usageError(`${path}: a prompt is on frame ${view}; the last is ${views.length - 1}.`);
    if (object < 1 || object > mostObjects) throw usageError(`${path}: objects are numbered from 1 to ${mostObjects}.`);
  }
  return list;
}

function viewAt(name: string, views: readonly View[], where: string): number {
  const at = views.findIndex((view) => view.name === name);
  if (at >= 0) return at;
  const some = views.slice(0, 3).map((view) => view.name);
  throw usageError(
    `${where}: images.txt has no picture ${JSON.stringify(name.slice(0, 80))}; it has ${some.join(", ")} ...`,
  );
}
