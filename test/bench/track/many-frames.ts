import sharp from "sharp";
import type { Engine } from "./engine.js";
import { follow, touchedFrame } from "./follow.js";
import { openSequence } from "./open-sequence.js";
import type { SequenceFrame } from "./sequence.js";

const size = { width: 160, height: 96 };
/** Frames that are different; they come again and again, to and fro. */
const different = 16;

interface Memory {
  /** From the middle to the end. */
  readonly grownMiB: number;
  /** Of the process, at a tenth, two tenths and so on of the frames. */
  readonly residentMiB: readonly number[];
}

/** The process's memory while a small disc is followed through many frames. */
export async function manyFrames(engine: Engine, count: number, say: (line: string) => void): Promise<Memory> {
  const frames: SequenceFrame[] = [];
  for (let at = 0; at < different; at++) frames.push(await discFrame(at));
  const open = await openSequence(engine, { name: "disc", ...size, frames, objects: 1 });
  const numbers = Array.from({ length: count }, (_, at) => at);
  const place = (at: number) => Math.abs(((at + different - 1) % (2 * different - 2)) - (different - 1));
  const many = {
    ...open,
    sequence: { ...open.sequence, frames: numbers.map((at) => frames[place(at)]!) },
    tokens: (at: number) => open.tokens(place(at)),
    prepared: (at: number) => open.prepared(place(at)),
    truth: (at: number, object: number) => open.truth(place(at), object),
  };
  const residentMiB: number[] = [];
  for await (const { frame } of follow(engine, many, { touched: [touchedFrame(many, 0)], frames: numbers })) {
    if ((frame + 1) % Math.max(1, Math.floor(count / 10)) !== 0) continue;
    global.gc?.();
    residentMiB.push(Math.round(process.memoryUsage().rss / 2 ** 20));
    say(`${frame + 1} frames: ${residentMiB.at(-1)} MiB`);
  }
  const half = residentMiB[Math.floor(residentMiB.length / 2) - 1] ?? 0;
  return { grownMiB: (residentMiB.at(-1) ?? 0) - half, residentMiB };
}

async function discFrame(at: number): Promise<SequenceFrame> {
  const { width, height } = size;
  const [x, y, radius] = [30 + 6 * at, 48 + 8 * Math.sin(at), 18];
  const ids = Uint8Array.from({ length: width * height }, (_, pixel) =>
    Math.hypot((pixel % width) - x, Math.floor(pixel / width) - y) < radius ? 1 : 0,
  );
  const pixels = Buffer.from(
    Array.from(ids, (id, pixel) =>
      id ? [200, 60, 40] : [60 + (pixel % width), 90, 120 + Math.floor(pixel / width)],
    ).flat(),
  );
  return {
    bytes: await sharp(pixels, { raw: { ...size, channels: 3 } })
      .png()
      .toBuffer(),
    ids,
  };
}
