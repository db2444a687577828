import { type Camera, cameraModels, cameraOf, type Pose, parametersOf, poseOf } from "./camera.js";

/** Why a line of a model is not read; where it stands whoever reads the file knows. */
export class ModelLineError extends Error {
  override readonly name = "ModelLineError";
}

/** Of either side of a picture. */
const mostPixels = 100_000;
/** Of a picture, whose mask has a byte for each; the service takes 100 million unless it is told otherwise. */
const mostArea = 2 ** 28;
/** Of the line of a picture: nine numbers, and a name of no more than 1,000. */
const mostViewLine = 4096;
/** Characters of a number, which programs write with 17 digits. */
const mostDigits = 100;
/** Of COLMAP's own numbers of cameras, pictures and points. */
const mostId = Number.MAX_SAFE_INTEGER;

/** `CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]` of cameras.txt. @throws ModelLineError */
export function cameraLine(line: string): { id: number; camera: Camera } {
  const [id = "", model = "", width = "", height = "", ...values] = fieldsOf(line);
  const count = parametersOf(model);
  if (count === undefined) {
    const known = `${cameraModels.slice(0, -1).join(", ")} and ${cameraModels.at(-1)}`;
    throw new ModelLineError(
      `the camera model ${JSON.stringify(model.slice(0, 40))} is not read; ${known} are, and colmap image_undistorter makes pictures of a PINHOLE`,
    );
  }
  if (values.length !== count) {
    throw new ModelLineError(`${model} has ${count} parameters, and here are ${values.length}`);
  }
  const sides = [wholeOf(width, "the width", mostPixels), wholeOf(height, "the height", mostPixels)] as const;
  if (sides.includes(0)) throw new ModelLineError("a picture of no width or height");
  if (sides[0] * sides[1] > mostArea) {
    throw new ModelLineError(`a picture of ${sides.join(" x ")}; one has at most ${mostArea} pixels`);
  }
  const camera = cameraOf(
    model,
    ...sides,
    values.map((value) => numberOf(value, "a parameter")),
  );
  if (!(camera.focal.x > 0 && camera.focal.y > 0)) throw new ModelLineError("the focal length is not above 0");
  return { id: wholeOf(id, "the camera's number", mostId), camera };
}

export interface ViewLine {
  readonly id: number;
  readonly camera: number;
  readonly pose: Pose;
  /** Path of the picture below the folder of pictures, with slashes. */
  readonly name: string;
}

/** `IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME`, the first of a picture's two lines in images.txt. @throws ModelLineError */
export function viewLine(line: string): ViewLine {
  if (line.length > mostViewLine) throw new ModelLineError(`a picture's line of more than ${mostViewLine} characters`);
  const fields: string[] = [];
  let name = line.trim();
  while (fields.length < 9) {
    const end = name.search(/\s/);
    if (end < 0) throw new ModelLineError("not IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME");
    fields.push(name.slice(0, end));
    name = name.slice(end).trimStart();
  }
  const [id = "", camera = ""] = [fields[0], fields[8]];
  const numbers = fields.slice(1, 8).map((value) => numberOf(value, "the pose"));
  const quaternion = numbers.slice(0, 4);
  if (!(Math.hypot(...quaternion) > 1e-9)) throw new ModelLineError("a quaternion of no length");
  const isOutside = /^[/\\]|^[a-z]:|\0/i.test(name) || name.split(/[/\\]/).includes("..");
  if (name.length > 1000 || isOutside) {
    throw new ModelLineError(`the name ${JSON.stringify(name.slice(0, 80))} leads out of the folder of pictures`);
  }
  return {
    id: wholeOf(id, "the picture's number", mostId),
    camera: wholeOf(camera, "the camera's number", mostId),
    pose: poseOf(quaternion, numbers.slice(4)),
    name,
  };
}

interface PointLine {
  readonly place: readonly [number, number, number];
  readonly colour: readonly [number, number, number];
  /** Numbers of the pictures that it is seen in. */
  readonly seenIn: readonly number[];
}

/** `POINT3D_ID X Y Z R G B ERROR (IMAGE_ID POINT2D_IDX)[]` of points3D.txt. @throws ModelLineError */
export function pointLine(line: string): PointLine {
  const fields = fieldsOf(line);
  if (fields.length < 8 || fields.length % 2 === 1) {
    throw new ModelLineError("not POINT3D_ID X Y Z R G B ERROR and pairs of IMAGE_ID POINT2D_IDX");
  }
  wholeOf(fields[0]!, "the point's number", mostId);
  const [x, y, z] = fields.slice(1, 4).map((value) => numberOf(value, "the place"));
  const [r, g, b] = fields.slice(4, 7).map((value) => wholeOf(value, "the colour", 255));
  const seenIn: number[] = [];
  for (let at = 8; at < fields.length; at += 2) seenIn.push(wholeOf(fields[at]!, "a picture's number", mostId));
  return { place: [x!, y!, z!], colour: [r!, g!, b!], seenIn };
}

const fieldsOf = (line: string): string[] => line.trim().split(/\s+/);

function numberOf(text: string, what: string): number {
  // The length first: what the expression does is quadratic in it.
  const isNumber = text.length <= mostDigits && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
  const number = isNumber ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new ModelLineError(`${what} has ${JSON.stringify(text.slice(0, 40))}, which is no number`);
}

function wholeOf(text: string, what: string, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new ModelLineError(`${what} is ${JSON.stringify(text.slice(0, 40))}, and not a whole number up to ${most}`);
}
