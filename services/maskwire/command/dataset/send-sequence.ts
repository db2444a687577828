import pLimit from "p-limit";
import { DatasetService } from "../../../../proto/index.js";
import { imageIdOf } from "../../../runtime/image-id.js";
import { CommandError } from "../command-error.js";
import type { Notices } from "../notices.js";
import { progressBar } from "../progress-bar.js";
import type { FrameFile } from "../track/input/frame-list.js";
import type { DatasetClient } from "./dataset-client.js";
import { atOnce, isOfPicture, knownPictures, patiently } from "./send-pictures.js";

/** A frame of a video, and its number in it. */
export interface NumberedFrame {
  readonly number: number;
  readonly file: FrameFile;
}

interface SentSequence {
  readonly id: bigint;
  readonly frames: number;
  /** Pictures that were sent now, and that were there. */
  readonly added: number;
  readonly known: number;
}

interface SequenceWish {
  readonly dataset: string;
  readonly name: string;
  readonly frames: readonly NumberedFrame[];
  readonly split: string | undefined;
  readonly person: string;
}

interface Tools {
  readonly client: DatasetClient;
  readonly notices: Notices;
}

const { method } = DatasetService;

/**
 * Puts frames into a data set as a sequence, or more of them into the one of that name: what is there already is not sent again, so that
 * what was broken off is gone on with by the same command. What one frame is refused for keeps no other from being sent; what all would be
 * ends it. @throws CommandError with the reason.
 */
export async function sendSequence({ client, notices }: Tools, wish: SequenceWish): Promise<SentSequence> {
  const { dataset, name, frames, split, person } = wish;
  const known = await knownPictures(client, dataset);
  const folder = name.replace(/[\\/\p{Cc}]/gu, "-");
  const count = { added: 0, known: 0 };
  const limit = pLimit(atOnce);
  const send = async ({ file }: NumberedFrame): Promise<bigint> => {
    const bytes = await file.read();
    const called = `${folder}/${file.name}`;
    const there = known.get(called);
    if (there?.imageId === imageIdOf(bytes)) {
      count.known++;
      return there.id;
    }
    const fields = { name: called, split: split ?? "", person };
    const { id } = await patiently(() => client.addPicture(dataset, fields, bytes));
    count.added++;
    const done = count.added + count.known;
    notices.progress(`${progressBar(done / frames.length)}, ${done} of ${frames.length} frames`);
    return id;
  };
  const failed: unknown[] = [];
  let isOver = false;
  const trySend = async (frame: NumberedFrame): Promise<bigint[]> => {
    if (isOver) return [];
    try {
      return [await send(frame)];
    } catch (error) {
      if (isOfPicture(error)) failed.push(error);
      else {
        isOver = true;
        failed.unshift(error);
      }
      return [];
    }
  };
  const pictures = (await Promise.all(frames.map((frame) => limit(() => trySend(frame))))).flat();
  notices.clear();
  if (failed.length > 0) throw failed[0];
  const times = frames.map(({ file }) => file.timeMs);
  const places = {
    pictures,
    numbers: frames.map(({ number }) => number),
    timesMs: times.every((time) => time !== undefined) ? times.map((time) => Math.round(time ?? 0)) : [],
  };
  const { sequences } = await client.ask(method.listSequences, { dataset, name });
  const [there] = sequences;
  const made = there
    ? await client.ask(method.addFrames, { dataset, sequence: there.id, ...places, person })
    : await client.ask(method.createSequence, {
        dataset,
        name,
        frameRate: rateOf(frames),
        split: split ?? "",
        ...places,
        person,
      });
  return { id: made.id, frames: made.frames, ...count };
}

/** Frames a second of the video, by the times of those that there are; 0: not known. */
function rateOf(frames: readonly NumberedFrame[]): number {
  const [first, last] = [frames[0], frames.at(-1)];
  if (first?.file.timeMs === undefined || last?.file.timeMs === undefined) return 0;
  const ms = last.file.timeMs - first.file.timeMs;
  return ms > 0 ? Math.round((1e6 * (last.number - first.number)) / ms) / 1000 : 0;
}

/** What a video is called where nobody says. @throws CommandError (bad usage) */
export function sequenceName(input: string, said: string | true | undefined): string {
  const own =
    typeof said === "string"
      ? said
      : (
          input
            .replace(/[\\/]+$/, "")
            .split(/[\\/]/)
            .at(-1) ?? ""
        ).replace(/(.)\.[^.]+$/, "$1");
  if (own.trim() !== "" && own !== "." && own !== "..") return own;
  throw new CommandError(`Say what the sequence is called: ${input} has no name of its own.`, 2);
}
