import { decodeUpright } from "../../upright/decode-upright.js";
import { words } from "../words/words.js";
import { thumbnailOf } from "./encode-frame.js";
import { type FrameSource, type ReadFrame, VideoProblem } from "./frame-source.js";

/** Frames are numbered by their names: 2 before 10. */
const inOrder = new Intl.Collator("en", { numeric: true }).compare;
const pictureName = /\.(jpe?g|png|webp|tiff?|avif|gif)$/i;
/** Of a zip, which is unpacked in memory. */
const maxZipBytes = 2 ** 30;
const maxUnpackedBytes = 2 ** 31;

/** Pictures that were chosen together, or lie in a zip: sent as they are. @param name left out, the first picture's. */
export function pictureFrames(name: string | undefined, files: readonly File[]): FrameSource {
  const pictures = [...files].sort((a, b) => inOrder(a.name, b.name));
  return {
    name: name ?? pictures[0]?.name ?? "",
    expected: pictures.length,
    async *frames(signal) {
      let size: { width: number; height: number } | undefined;
      for (const file of pictures) {
        signal.throwIfAborted();
        const frame = await readPicture(file);
        size ??= frame;
        if (frame.width !== size.width || frame.height !== size.height) {
          throw new VideoProblem(words.problems.otherSize(file.name));
        }
        yield frame;
      }
    },
  };
}

/** @throws VideoProblem */
export async function zipFrames(zip: File): Promise<FrameSource> {
  if (zip.size > maxZipBytes) throw new VideoProblem(words.problems.zipTooLarge);
  const { unzip } = await import("fflate");
  const bytes = new Uint8Array(await zip.arrayBuffer());
  let total = 0;
  const isWanted = ({ name, originalSize }: { name: string; originalSize: number }) => {
    const isPicture = pictureName.test(name) && !/(^|\/)(__MACOSX|\.)/.test(name);
    if (isPicture) total += originalSize;
    return isPicture && total <= maxUnpackedBytes;
  };
  const entries = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(bytes, { filter: isWanted }, (error, files) => (error ? reject(error) : resolve(files)));
  }).catch(() => {
    throw new VideoProblem(words.problems.badZip(zip.name));
  });
  if (total > maxUnpackedBytes) throw new VideoProblem(words.problems.zipTooLarge);
  const files = Object.entries(entries).map(([path, data]) => new File([data as Uint8Array<ArrayBuffer>], path));
  if (files.length === 0) throw new VideoProblem(words.problems.noPictures(zip.name));
  return pictureFrames(zip.name, files);
}

async function readPicture(file: File): Promise<ReadFrame> {
  const bitmap = await decodeUpright(file).catch(() => {
    throw new VideoProblem(words.problems.badPicture(file.name));
  });
  const { width, height } = bitmap;
  const thumbnail = await thumbnailOf(bitmap, width, height);
  bitmap.close();
  return { name: file.name.slice(file.name.lastIndexOf("/") + 1), timeMs: undefined, file, width, height, thumbnail };
}
