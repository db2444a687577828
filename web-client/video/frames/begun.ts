import { words } from "../words/words.js";
import { type FrameSource, type ReadFrame, VideoProblem } from "./frame-source.js";

/** A source's frames, the first of which has been read: it is a video indeed. @throws VideoProblem, whatever the source throws */
export async function begun(source: FrameSource, signal: AbortSignal): Promise<AsyncIterable<ReadFrame>> {
  const frames = source.frames(signal);
  const first = await frames.next();
  if (first.done) throw new VideoProblem(words.problems.notPlayed(source.name));
  return startingWith(first.value, frames);
}

async function* startingWith(first: ReadFrame, rest: AsyncGenerator<ReadFrame>): AsyncGenerator<ReadFrame> {
  yield first;
  yield* rest;
}
