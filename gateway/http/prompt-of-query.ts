import { create } from "@bufbuild/protobuf";
import { type Prompt, PromptSchema } from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { isFloat32 } from "../float32.js";

/** Parameters of a query, as it has them: one that comes several times is a list. */
export type PromptQuery = { readonly [Name in keyof typeof promptParameters]?: string | readonly string[] };

export const promptParameters = {
  point: "`X,Y`, in pixels of the upright picture: a point on the object. May come several times.",
  negative: "`X,Y`: a point beside it. May come several times.",
  box: "`X0,Y0,X1,Y1`: two corners of a box around it.",
  text: "What it is, in words.",
};

/** @throws ServiceError INVALID_ARGUMENT when there is nothing to go by, or it is not of its form. */
export function promptOf({ point, negative, box, text }: PromptQuery): Prompt {
  const pointsOf = (name: string, values: PromptQuery["point"], label: number) =>
    listOf(values).map((value) => {
      const [x, y] = numbersOf(name, value, ["X", "Y"]);
      return { x: x!, y: y!, label };
    });
  const points = [...pointsOf("point", point, 1), ...pointsOf("negative", negative, 0)];
  const [corners, ...otherBoxes] = listOf(box);
  const [words, ...otherWords] = listOf(text);
  if (otherBoxes.length > 0) throw invalidArgument("A prompt has one box: `box` may come once.");
  if (otherWords.length > 0) throw invalidArgument("`text` may come once; it may name several things.");
  if (points.length === 0 && corners === undefined && words === undefined) {
    throw invalidArgument(
      "Say where the object is: `?point=X,Y` (on it) or `?box=X0,Y0,X1,Y1` (around it); or what: `?text=WORD`.",
    );
  }
  const [x0, y0, x1, y1] = corners === undefined ? [] : numbersOf("box", corners, ["X0", "Y0", "X1", "Y1"]);
  return create(PromptSchema, {
    points,
    ...(corners === undefined ? {} : { box: { x0: x0!, y0: y0!, x1: x1!, y1: y1! } }),
    ...(words === undefined ? {} : { text: words }),
  });
}

const listOf = (values: PromptQuery["point"] = []) => (typeof values === "string" ? [values] : values);

function numbersOf(name: string, value: string, form: readonly string[]): number[] {
  const numbers = value.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length === form.length && numbers.every(isFloat32)) return numbers;
  throw invalidArgument(`\`${name}\` is ${form.join(",")} in pixels; "${value.slice(0, 80)}" is not.`);
}
