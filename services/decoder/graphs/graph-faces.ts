import type { InferenceSession } from "onnxruntime-node";
import { ModelFileError } from "../../inference/models/model-file.js";

/** One of a graph's inputs or outputs: a side that may be any is undefined. */
type Sides = readonly (number | undefined)[];

/** A graph that is loaded, and what to call it in errors. */
interface NamedGraph {
  readonly session: InferenceSession;
  /** As in `The memory encoder of "sam2.1-tiny"`. */
  readonly title: string;
}

/**
 * Holds what a graph says of itself against how it is to be run.
 * @param forms those that will do. @returns the one that it has.
 * @throws ModelFileError that says what the graph has instead.
 */
export function formOf<Form extends string>(
  { session, title }: NamedGraph,
  kind: "input" | "output",
  name: string,
  forms: Readonly<Record<Form, Sides>>,
): Form {
  const all = kind === "input" ? session.inputMetadata : session.outputMetadata;
  const found = all.find((one) => one.name === name);
  const gives = kind === "input" ? "takes" : "gives";
  if (!found)
    throw new ModelFileError(`${title} ${gives} no "${name}"; it ${gives} ${all.map((one) => one.name).join(", ")}.`);
  if (!found.isTensor) throw new ModelFileError(`${title} has a "${name}" that is no tensor.`);
  const { type, shape } = found;
  const fits = (sides: Sides) =>
    sides.length === shape.length &&
    sides.every(
      (side, at) =>
        side === undefined || typeof shape[at] !== "number" || (shape[at] as number) < 0 || shape[at] === side,
    );
  const form = (Object.keys(forms) as Form[]).find((one) => fits(forms[one]));
  if (type === "float32" && form !== undefined) return form;
  const wanted = Object.values<Sides>(forms).map((sides) => `float32 ${text(sides)}`);
  throw new ModelFileError(`${title} ${gives} "${name}" as ${type} ${text(shape)}, not ${wanted.join(" or ")}.`);
}

const text = (sides: readonly (number | string | undefined)[]) =>
  `[${sides.map((side) => (typeof side === "number" && side >= 0 ? side : "any")).join(", ")}]`;
