import { words } from "../words/words.js";
import { animationFrames } from "./animation-frames.js";
import { decodedFrames } from "./decoded-frames.js";
import { type FrameSource, VideoProblem } from "./frame-source.js";
import { pictureFrames, zipFrames } from "./picture-frames.js";
import { soughtFrames } from "./sought-frames.js";

const animated = /\.(gif|webp|avif|apng|png)$/i;
const picture = /\.(jpe?g|png|webp|tiff?|avif|gif)$/i;

/** The frames of what a person has chosen or dropped. @throws VideoProblem with what to do instead. */
export async function openFiles(files: readonly File[], fps: number | undefined): Promise<FrameSource> {
  const [file, ...others] = files;
  if (file === undefined) throw new VideoProblem(words.problems.nothing);
  if (others.length > 0) {
    const pictures = files.filter(({ name, type }) => picture.test(name) || type.startsWith("image/"));
    if (pictures.length < 2) throw new VideoProblem(words.problems.oneVideo);
    return pictureFrames(folderOf(pictures), pictures);
  }
  if (await isZip(file)) return zipFrames(file);
  if (file.type.startsWith("image/") || picture.test(file.name)) {
    const source =
      animated.test(file.name) || animated.test(file.type.replace("/", "."))
        ? await animationFrames(file, fps)
        : undefined;
    if (source === undefined) throw new VideoProblem(words.problems.onePicture(file.name));
    return source;
  }
  return (await decodedFrames(file, fps)) ?? (await soughtFrames(file, fps));
}

async function isZip(file: File): Promise<boolean> {
  const [p, k] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return p === 0x50 && k === 0x4b;
}

/** Of a folder that was chosen. */
function folderOf(pictures: readonly File[]): string | undefined {
  const [folder, ...rest] = (pictures[0]?.webkitRelativePath ?? "").split("/");
  return rest.length > 0 && folder ? folder : undefined;
}
