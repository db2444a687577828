import { SaxesParser } from "saxes";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";

/** How a control holds what it is given. */
type AnswerKind = "brush" | "bitmask" | "polygon" | "rectangle";

/** A control of a project that masks can be put into. */
export interface AnswerControl {
  readonly kind: AnswerKind;
  /** Items carry it as `from_name`. */
  readonly name: string;
  /** The name of its picture. */
  readonly toName: string;
  /** Empty where they come with each task. */
  readonly labels: readonly string[];
  /** Drawn with to ask us, not filled by us. */
  readonly isSmart: boolean;
}

export interface LabelConfig {
  readonly controls: readonly AnswerControl[];
  /** Of each picture's name the field of a task's data that has its address. */
  readonly pictures: ReadonlyMap<string, string>;
  /** There is a video: a file that nothing here opens. */
  readonly hasVideo: boolean;
}

const kinds: Readonly<Record<string, AnswerKind>> = {
  BrushLabels: "brush",
  BitmaskLabels: "bitmask",
  PolygonLabels: "polygon",
  RectangleLabels: "rectangle",
};
/** Those that hold a mask as it is come first. */
const preference: readonly AnswerKind[] = ["brush", "bitmask", "polygon", "rectangle"];
/** A project of a thousand labels has a quarter of it. */
const maxLength = 256 * 1024;

/**
 * What a project's labelling configuration has for pictures. The parser knows no entities but XML's own five, so that nothing in it
 * grows or is fetched.
 * @throws ServiceError INVALID_ARGUMENT for what is no XML.
 */
export function readLabelConfig(xml: string): LabelConfig {
  if (xml.length > maxLength) throw invalidArgument("The labelling configuration is larger than any needs to be.");
  const controls: (AnswerControl & { labels: string[] })[] = [];
  const pictures = new Map<string, string>();
  let hasVideo = false;
  const open: ((typeof controls)[number] | undefined)[] = [];
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  parser.on("opentag", ({ name: tag, attributes }) => {
    const { name = "", toName = "", value = "" } = attributes;
    const kind = Object.hasOwn(kinds, tag) ? kinds[tag] : undefined;
    const control = kind && { kind, name, toName, labels: [], isSmart: attributes.smart === "true" };
    if (control) controls.push(control);
    hasVideo ||= tag === "Video";
    if (tag === "Image" && value.startsWith("$")) pictures.set(name, value.slice(1));
    const label = attributes.alias ?? value;
    if (tag === "Label" && label !== "") open.at(-1)?.labels.push(label);
    // Labels may stand in boxes of their own within a control.
    open.push(control ?? open.at(-1));
  });
  parser.on("closetag", () => void open.pop());
  try {
    parser.write(xml).close();
  } catch (error) {
    throw invalidArgument(`The labelling configuration is no XML: ${error instanceof Error ? error.message : error}.`);
  }
  return { controls, pictures, hasVideo };
}

/**
 * Where masks of a picture go: a control that nobody draws with to ask us, and one that holds a mask as it is before one that does not.
 * @param picture the name of one of the pictures; any when left out.
 * @throws ServiceError INVALID_ARGUMENT, with what to add, where there is none; UNIMPLEMENTED for a project of videos.
 */
export function answerControl({ controls, pictures, hasVideo }: LabelConfig, picture?: string): AnswerControl {
  const rank = ({ kind, isSmart }: AnswerControl) => preference.indexOf(kind) + (isSmart ? preference.length : 0);
  const [best] = controls
    .filter(({ toName }) => pictures.has(toName) && (picture === undefined || picture === toName))
    .sort((a, b) => rank(a) - rank(b));
  if (best) return best;
  if (hasVideo && pictures.size === 0) {
    const message =
      "This server opens no video files: label frames as pictures, or follow objects on its own page of videos.";
    throw new ServiceError({ code: Code.UNIMPLEMENTED, message });
  }
  throw invalidArgument(
    'The labelling configuration has no control for masks: add <BrushLabels name="tag" toName="image">, or BitmaskLabels, PolygonLabels or RectangleLabels, on an <Image>.',
  );
}
