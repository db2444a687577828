import { SaxesParser, type SaxesTagPlain } from "saxes";
import { placeMask, RunsBuilder, transposed } from "../../../../proto/index.js";
import { attributesIn, finiteNumber } from "../parse/fields.js";
import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { type Size, type SizeOf, sizeOfPicture } from "../pictures/picture-size.js";
import { splitNamed } from "../pictures/split-of.js";
import { boxMask, checkSize, ellipseMask, maskOf, polygonMask } from "../shapes/shapes.js";
import type { Found, FoundPicture, Mask, Source } from "../types.js";

type Attributes = Readonly<Record<string, string>>;

/** What a file tells of, in its order. */
type Told =
  | { readonly kind: "image"; readonly attributes: Attributes; readonly line: number }
  | { readonly kind: "shape"; readonly shape: Shape; readonly line: number }
  | { readonly kind: "skipped"; readonly name: string; readonly line: number };

interface Shape {
  readonly name: string;
  readonly attributes: Attributes;
  readonly own: Record<string, string>;
}

const withPixels = ["mask", "polygon", "box", "ellipse"];
/** Without an area, or of a film. */
const without = ["polyline", "points", "cuboid", "skeleton", "tag", "track"];

/** CVAT's XML 1.1 "for images". */
export async function* readCvat(
  source: Source,
  file: string,
  pictures: FoundPictures,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  const repeated = new Repeated();
  let current: { picture: FoundPicture; size: Size | undefined } | undefined;
  let shapes = 0;
  try {
    for await (const told of toldIn(source, file)) {
      const { line } = told;
      try {
        if (told.kind === "skipped") {
          repeated.add(`A <${told.name}> has no pixels to read.`, line);
        } else if (told.kind === "image") {
          current = undefined;
          const [picture, isNew] = pictures.add(pictureOf(told.attributes, file));
          if (isNew) yield picture;
          current = { picture, size: await sizeOfPicture(source, picture, sizeOf) };
        } else if (current) {
          shapes++;
          if (!current.size) throw new Unreadable("The image has no width and height, and its file is not here.");
          const { attributes, own } = told.shape;
          const { label } = attributes;
          yield {
            kind: "object",
            picture: current.picture.name,
            rle: maskIn(told.shape, current.size),
            ...(label && { label }),
            attributes: { ...attributesIn(own), ...(attributes.occluded === "1" && { occluded: "true" }) },
            file,
            sourceId: String(shapes),
          };
        }
      } catch (error) {
        yield problemOf(error, file, line);
      }
    }
  } catch (error) {
    yield problemOf(error, file);
  }
  yield* repeated.problems(file);
}

/** Entities that a file defines itself are an error to the parser: nothing is expanded. */
async function* toldIn(source: Source, file: string): AsyncGenerator<Told> {
  const parser = new SaxesParser();
  const decoder = new TextDecoder();
  let told: Told[] = [];
  let broken: string | undefined;
  let shape: (Shape & { line: number }) | undefined;
  let attribute: string | undefined;
  parser.on("error", (error) => {
    broken ??= error.message.replace(/^\d+:\d+: |\.$/g, "");
  });
  parser.on("opentag", ({ name, attributes }: SaxesTagPlain) => {
    const { line } = parser;
    if (name === "image") told.push({ kind: "image", attributes, line });
    else if (withPixels.includes(name)) shape = { name, attributes, own: {}, line };
    else if (without.includes(name)) told.push({ kind: "skipped", name, line });
    else if (name === "attribute" && shape) attribute = attributes.name ?? "";
  });
  parser.on("text", (text) => {
    if (shape && attribute && text.trim() !== "") shape.own[attribute] = text.trim();
  });
  parser.on("closetag", ({ name }) => {
    if (name === "attribute") attribute = undefined;
    else if (shape && name === shape.name) {
      told.push({ kind: "shape", shape, line: shape.line });
      shape = undefined;
    }
  });
  for await (const chunk of source.open(file)) {
    const { line } = parser;
    parser.write(decoder.decode(chunk, { stream: true }));
    yield* told;
    told = [];
    if (broken !== undefined) throw new Unreadable(`The XML is damaged after line ${line}: ${broken}.`);
  }
  parser.close();
  yield* told;
  if (broken !== undefined) throw new Unreadable(`The XML is damaged: ${broken}.`);
}

function pictureOf({ name, width, height, subset }: Attributes, by: string) {
  if (!name) throw new Unreadable("The image has no name.");
  const [w, h] = [finiteNumber(width), finiteNumber(height)];
  const split = subset && subset.toLowerCase() !== "default" ? splitNamed(subset) : undefined;
  return { name, by, ...(w !== undefined && h !== undefined && { width: w, height: h }), split };
}

function maskIn({ name, attributes }: Shape, { width, height }: Size): Mask {
  const number = (key: string) => {
    const value = finiteNumber(attributes[key]);
    if (value === undefined) throw new Unreadable(`The ${name} has no ${key}.`);
    return value;
  };
  switch (name) {
    case "polygon":
      return polygonMask([pointsIn(attributes.points)], width, height);
    case "ellipse":
      return ellipseMask([number("cx"), number("cy"), number("rx"), number("ry")], width, height);
    case "box": {
      const [left, top, right, bottom] = [number("xtl"), number("ytl"), number("xbr"), number("ybr")];
      const turn = finiteNumber(attributes.rotation) ?? 0;
      if (turn !== 0) return polygonMask([turned(left, top, right, bottom, turn)], width, height);
      return boxMask(left, top, right - left, bottom - top, width, height);
    }
    default: {
      const [w, h] = [number("width"), number("height")];
      // Row by row: the columns of the mask turned round.
      const rows = { height: w, width: h, runs: runsIn(attributes.rle, w, h) };
      return maskOf(placeMask(transposed(rows), number("left"), number("top"), width, height));
    }
  }
}

function pointsIn(points = ""): number[] {
  return points.split(/[;,]/).map((text) => {
    const number = finiteNumber(text);
    if (number === undefined) throw new Unreadable("The polygon has a point that is none.");
    return number;
  });
}

/** Clockwise around the box's middle, in degrees. */
function turned(left: number, top: number, right: number, bottom: number, degrees: number): number[] {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const corners = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ] as const;
  return corners.flatMap(([cx, cy]) => [x + (cx - x) * cos - (cy - y) * sin, y + (cx - x) * sin + (cy - y) * cos]);
}

function runsIn(text = "", width: number, height: number): Uint32Array {
  checkSize(width, height);
  const builder = new RunsBuilder();
  let at = 0;
  for (const [i, run] of text.split(",").entries()) {
    const length = finiteNumber(run);
    if (length === undefined || !Number.isInteger(length) || length < 0)
      throw new Unreadable("The mask's runs are no numbers.");
    if (i % 2 === 1 && length > 0) builder.add(at, at + length);
    at += length;
  }
  if (at !== width * height)
    throw new Unreadable(`The mask's runs sum to ${at} pixels, its box has ${width * height}.`);
  return builder.finish(at);
}
