import { CommandError, usageError } from "../command-error.js";
import { Notices } from "../notices.js";
import { openFrames } from "../track/input/open-frames.js";
import { sendSequence, sequenceName } from "./send-sequence.js";
import { type DatasetOptions, withDatasets } from "./with-datasets.js";

export interface SequenceOptions extends DatasetOptions {
  split?: string;
  /** Its name; true: the video's own. */
  sequence: string | true;
  every?: number;
}

/**
 * `maskwire dataset add NAME VIDEO --sequence`: a video's frames, in order, as `maskwire track` reads them.
 * @throws CommandError with the reason.
 */
export async function addSequence(dataset: string, paths: string[], options: SequenceOptions): Promise<void> {
  const [input, ...others] = paths;
  const { sequence, every = 1, split } = options;
  if (input === undefined || others.length > 0)
    throw usageError("--sequence is of one video: name one file or folder.");
  if (every < 1) throw usageError("--every is 1 or more.");
  const name = sequenceName(input, sequence);
  const notices = new Notices();
  await using list = await openFrames(input, { onFrame: (done) => notices.progress(`reading frame ${done}`) }).finally(
    () => notices.clear(),
  );
  const frames = list.frames.map((file, number) => ({ file, number })).filter(({ number }) => number % every === 0);
  if (frames.length === 0) throw new CommandError(`${input} has no frames.`);
  await withDatasets(options, async ({ client, notices: said, person, print }) => {
    const { id, ...sent } = await sendSequence({ client, notices: said }, { dataset, name, frames, split, person });
    print({ sequence: String(id), name, ...sent }, () => {
      const there = sent.known > 0 ? `, of which ${sent.known} were there already` : "";
      return `${name}: ${sent.frames} frames${there}\n`;
    });
  });
}
