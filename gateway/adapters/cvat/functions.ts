import { Code, ServiceError } from "../../../services/runtime/errors.js";

/** What CVAT takes for serverless functions of its Nuclio. */
export const functionNames = [
  "maskwire-interactor",
  "maskwire-everything",
  "maskwire-names",
  "maskwire-tracker",
] as const;
export type FunctionName = (typeof functionNames)[number];

/** What a detector can find, as CVAT lets people map it to their labels. */
interface Label {
  readonly id: number;
  readonly name: string;
  readonly type: "mask";
}

/** All values are text, as Nuclio has them. */
type Annotations = Readonly<Record<string, string>>;

const framework = "maskwire";

/** Of everything that is found without a name. */
export const everythingLabel = "object";

const interactor: Annotations = {
  name: "Maskwire",
  type: "interactor",
  version: "2",
  spec: "",
  framework,
  min_pos_points: "1",
  // Points beside the object may be there from the beginning.
  min_neg_points: "0",
  startswith_box_optional: "true",
  help_message: "Click on the object, or draw a box around it; a click beside it takes something away.",
  animated_gif: "",
};

const tracker: Annotations = { name: "Maskwire", type: "tracker", version: "1", spec: "", framework, animated_gif: "" };

const detector = (name: string, labels: readonly string[]): Annotations => ({
  name,
  type: "detector",
  version: "1",
  spec: JSON.stringify(labels.map((label, id): Label => ({ id, name: label, type: "mask" }))),
  framework,
});

/** @throws ServiceError NOT_FOUND for another name. */
export function functionNamed(name: string): FunctionName {
  const known = functionNames.find((one) => one === name);
  if (known) return known;
  throw new ServiceError({ code: Code.NOT_FOUND, message: `There is no function "${name.slice(0, 80)}" here.` });
}

/**
 * A function as Nuclio's dashboard describes it.
 * @param names what is found by its name here. @param port where it is called directly; undefined where it is not.
 */
export function describeFunction(name: FunctionName, names: readonly string[], port: number | undefined) {
  const described: Record<FunctionName, { annotations: Annotations; description: string }> = {
    "maskwire-interactor": { annotations: interactor, description: "The object at the points, or in the box" },
    "maskwire-everything": {
      annotations: detector("Maskwire: everything", [everythingLabel]),
      description: "Every object of a picture",
    },
    "maskwire-names": {
      annotations: detector("Maskwire: things by their names", names),
      description: "Things that detectors know by their names, with masks",
    },
    "maskwire-tracker": {
      annotations: tracker,
      description: "Rectangles that follow their objects from frame to frame",
    },
  };
  const { annotations, description } = described[name];
  return {
    metadata: { name, namespace: "nuclio", annotations },
    spec: { description },
    status: { state: "ready", ...(port === undefined ? {} : { httpPort: port }) },
  };
}
