import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandError, usageError } from "../../command-error.js";
import { fileProblem } from "../../photo-files.js";
import { boundedLines, LongLineError } from "./bounded-lines.js";
import type { ColmapModel } from "./colmap-model.js";
import { ModelBuilder } from "./model-builder.js";
import { ModelLineError } from "./model-lines.js";

/** Bytes of a line: a picture of 200,000 found points has about 8 MB. */
const mostLine = 64 * 1024 * 1024;
/** Where COLMAP and those after it put a model below a project's folder. */
const places = ["", "sparse/0", "sparse", "colmap/sparse/0"];

const isFile = (path: string) =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * The text model of a folder, or of where it usually lies below that.
 * @throws CommandError with file, line and reason; of a binary model with what makes text of it.
 */
export async function readModel(folder: string): Promise<ColmapModel> {
  const home = await modelFolder(folder);
  const builder = new ModelBuilder();
  await eachLine(join(home, "cameras.txt"), (line) => builder.camera(line));
  await eachLine(join(home, "images.txt"), (line) => builder.view(line));
  await eachLine(join(home, "points3D.txt"), (line) => builder.point(line));
  const model = builder.model();
  if (model.views.length === 0) throw usageError(`${join(home, "images.txt")} has no pictures.`);
  if (model.places.length === 0) throw usageError(`${join(home, "points3D.txt")} has no points.`);
  return model;
}

async function modelFolder(folder: string): Promise<string> {
  for (const place of places) {
    const path = join(folder, place);
    if (await isFile(join(path, "cameras.txt"))) return path;
    if (await isFile(join(path, "cameras.bin"))) {
      throw usageError(
        `${path} holds a binary model; \`colmap model_converter --input_path ${path} --output_path ${path} --output_type TXT\` writes the text of it.`,
      );
    }
  }
  throw usageError(`${folder} holds no COLMAP model: cameras.txt, images.txt and points3D.txt, there or in sparse/0.`);
}

async function eachLine(path: string, take: (line: string) => void): Promise<void> {
  let number = 0;
  try {
    for await (const line of boundedLines(createReadStream(path, { highWaterMark: 1 << 20 }), mostLine)) {
      number++;
      take(line);
    }
  } catch (error) {
    if (error instanceof ModelLineError) throw usageError(`${path}, line ${number}: ${error.message}.`);
    if (error instanceof LongLineError)
      throw usageError(`${path}, line ${number + 1}: the line has more than ${mostLine >> 20} MiB.`);
    throw new CommandError(`${path} cannot be read: ${fileProblem(error)}.`, 1, error);
  }
}
