import { words } from "../words/words.js";
import { encodeFrame } from "./encode-frame.js";
import { type FrameSource, VideoProblem } from "./frame-source.js";

/** How many frames a second are looked for where nobody says, and the browser tells no frame from the next. */
const usualFps = 25;
const seekMs = 20_000;

/**
 * The frames of a video file as the browser shows it, from place to place: where it has no other way to its decoder. Frames that
 * come faster than they are looked for are left out.
 * @throws VideoProblem
 */
export async function soughtFrames(file: File, fps: number | undefined): Promise<FrameSource> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  const url = URL.createObjectURL(file);
  video.src = url;
  await happens(video, "loadeddata").catch(() => {
    URL.revokeObjectURL(url);
    throw new VideoProblem(words.problems.notPlayed(file.name));
  });
  const { videoWidth: width, videoHeight: height, duration } = video;
  const rate = fps ?? usualFps;
  if (!(width > 0 && Number.isFinite(duration))) {
    URL.revokeObjectURL(url);
    throw new VideoProblem(words.problems.notPlayed(file.name));
  }
  const expected = Math.max(1, Math.round(duration * rate));
  return {
    name: file.name,
    expected,
    async *frames(signal) {
      try {
        for (let at = 0; at < expected; at++) {
          signal.throwIfAborted();
          // In the middle of a frame's time: at its edge it may be the one before.
          const seconds = Math.min(duration, (at + 0.5) / rate);
          const sought = happens(video, "seeked");
          video.currentTime = seconds;
          await sought.catch(() => {
            throw new VideoProblem(words.problems.notPlayed(file.name));
          });
          yield await encodeFrame(video, { width, height }, at, (at * 1000) / rate);
        }
      } finally {
        video.removeAttribute("src");
        URL.revokeObjectURL(url);
      }
    },
  };
}

function happens(video: HTMLVideoElement, kind: "loadeddata" | "seeked"): Promise<void> {
  return new Promise((resolve, reject) => {
    const ending = AbortSignal.timeout(seekMs);
    const options = { once: true, signal: ending };
    video.addEventListener(kind, () => resolve(), options);
    video.addEventListener("error", () => reject(new Error(video.error?.message ?? "")), options);
    ending.addEventListener("abort", () => reject(new Error("It took too long.")));
  });
}
