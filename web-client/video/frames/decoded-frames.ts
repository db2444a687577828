import { paced } from "../state/pace.js";
import { words } from "../words/words.js";
import { encodeFrame } from "./encode-frame.js";
import { type FrameSource, VideoProblem } from "./frame-source.js";

/** The frames of a video file by the browser's decoder (WebCodecs). @returns undefined where another way may do. @throws VideoProblem */
export async function decodedFrames(file: File, fps: number | undefined): Promise<FrameSource | undefined> {
  if (!("VideoDecoder" in globalThis)) return undefined;
  // What finds the frames in a file is of some size, and wanted with the first one only.
  const { BlobSource, CanvasSink, Input, MATROSKA, MP4, QTFF, WEBM } = await import("mediabunny");
  const input = new Input({ formats: [MP4, QTFF, WEBM, MATROSKA], source: new BlobSource(file) });
  const track = await input.getPrimaryVideoTrack().catch(() => undefined);
  if (!track) {
    input.dispose();
    return undefined;
  }
  if (!(await track.canDecode())) {
    const codec = track.codec ?? "?";
    input.dispose();
    throw new VideoProblem(words.problems.notDecoded(file.name, codec));
  }
  const [width, height] = [track.displayWidth, track.displayHeight];
  const stats = await track.computePacketStats(60).catch(() => undefined);
  const seconds = await track.computeDuration().catch(() => undefined);
  const rate = fps ?? stats?.averagePacketRate;
  return {
    name: file.name,
    expected: rate !== undefined && seconds !== undefined ? Math.max(1, Math.round(rate * seconds)) : undefined,
    async *frames(signal) {
      const isTaken = paced(fps);
      const sink = new CanvasSink(track, { width, height, fit: "fill", poolSize: 2 });
      let first: number | undefined;
      let taken = 0;
      try {
        for await (const { canvas, timestamp } of sink.canvases()) {
          signal.throwIfAborted();
          first ??= timestamp;
          const timeMs = Math.round((timestamp - first) * 1e6) / 1e3;
          if (isTaken(timeMs)) yield await encodeFrame(canvas, { width, height }, taken++, timeMs);
        }
      } finally {
        input.dispose();
      }
      if (taken === 0) throw new VideoProblem(words.problems.notPlayed(file.name));
    },
  };
}
