import { paced } from "../state/pace.js";
import { words } from "../words/words.js";
import { encodeFrame } from "./encode-frame.js";
import { type FrameSource, VideoProblem } from "./frame-source.js";

/** The frames of an animated picture by the browser's own decoder. @returns undefined where it has one frame. @throws VideoProblem */
export async function animationFrames(file: File, fps: number | undefined): Promise<FrameSource | undefined> {
  if (!("ImageDecoder" in globalThis)) throw new VideoProblem(words.problems.noAnimations);
  const type = file.type || typeByName(file.name);
  if (!(await ImageDecoder.isTypeSupported(type))) throw new VideoProblem(words.problems.notPlayed(file.name));
  const decoder = new ImageDecoder({ data: file.stream(), type });
  await decoder.tracks.ready;
  await decoder.completed.catch(() => {
    throw new VideoProblem(words.problems.notPlayed(file.name));
  });
  const count = decoder.tracks.selectedTrack?.frameCount ?? 0;
  if (count < 2) {
    decoder.close();
    return undefined;
  }
  return {
    name: file.name,
    expected: fps === undefined ? count : undefined,
    async *frames(signal) {
      const isTaken = paced(fps);
      let [taken, timeMs] = [0, 0];
      try {
        for (let frameIndex = 0; frameIndex < count; frameIndex++) {
          signal.throwIfAborted();
          const { image } = await decoder.decode({ frameIndex });
          const bitmap = isTaken(timeMs) ? await createImageBitmap(image) : undefined;
          const atMs = timeMs;
          // What is shown for no time, browsers show for a tenth of a second.
          timeMs += image.duration === null || image.duration <= 10_000 ? 100 : image.duration / 1000;
          image.close();
          if (bitmap === undefined) continue;
          const frame = await encodeFrame(bitmap, bitmap, taken++, atMs);
          bitmap.close();
          yield frame;
        }
      } finally {
        decoder.close();
      }
    },
  };
}

function typeByName(name: string): string {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return `image/${ending === "apng" ? "png" : ending}`;
}
