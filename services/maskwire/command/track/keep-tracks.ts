import { DatasetService, type FrameMasks, type TrackPrompt } from "../../../../proto/index.js";
import { DatasetClient } from "../dataset/dataset-client.js";
import { type NumberedFrame, sendSequence, sequenceName } from "../dataset/send-sequence.js";
import type { GatewayClient } from "../gateway-client.js";
import type { Notices } from "../notices.js";
import type { ChosenTrack } from "./choose-tracks.js";

/** Where tracks are to be kept. */
export interface KeepOptions {
  dataset?: string;
  /** The sequence's name. */
  sequence?: string;
  /** The tracks' names, in the order of the objects' numbers. */
  track?: readonly string[];
  label?: string;
  split?: string;
  person?: string;
}

interface Followed {
  readonly input: string;
  readonly frames: readonly NumberedFrame[];
  readonly masks: ReadonlyMap<number, FrameMasks>;
  readonly prompts: readonly TrackPrompt[];
  readonly tracks: readonly ChosenTrack[];
  readonly model: string;
}

const { method } = DatasetService;
/** Kept in one request: the contract has 500 and 2,000, and 16 MiB of JSON. */
const most = { frames: 500, masks: 1500, characters: 8 * 2 ** 20 };

export const datasetsOf = ({ url, key }: GatewayClient) => new DatasetClient(url, key);

/** Keeps frames as a sequence of a data set, and what was followed through them as its tracks. @returns a sentence for people. */
export async function keepTracks(
  client: DatasetClient,
  notices: Notices,
  { input, frames, masks, prompts, tracks, model }: Followed,
  { dataset = "", sequence: said, split, person = "" }: KeepOptions,
): Promise<string> {
  const name = sequenceName(input, said);
  const { id: sequence } = await sendSequence({ client, notices }, { dataset, name, frames, split, person });
  const sum = { made: 0, replaced: 0, same: 0, gone: 0, left: 0 };
  for (const some of portions(frames.flatMap(({ number }) => masks.get(number) ?? []))) {
    const shown = new Set(some.map(({ frame }) => frame));
    const kept = await client.ask(method.saveTracks, {
      ...{ dataset, sequence, objects: [...tracks], frames: some, model, person },
      prompts: prompts.filter(({ frame }) => shown.has(frame)),
    });
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += kept[key];
  }
  const { made, replaced, same, gone, left } = sum;
  const further = [
    ...(replaced > 0 ? [`${replaced} changed`] : []),
    ...(same > 0 ? [`${same} there already`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
    ...(left > 0 ? [`${left} left as people made them`] : []),
  ];
  const names = tracks.map((track) => `"${track.name}"`).join(", ");
  return `${made} masks kept in ${dataset}, sequence ${name}, ${tracks.length === 1 ? "track" : "tracks"} ${names}${further.length > 0 ? ` (${further.join(", ")})` : ""}`;
}

function* portions(all: readonly FrameMasks[]): Generator<FrameMasks[]> {
  let some: FrameMasks[] = [];
  let [masks, characters] = [0, 0];
  for (const one of all) {
    const size = one.objects.reduce((sum, { mask }) => sum + (mask?.rle?.counts.length ?? 0), 0);
    const isFull =
      some.length >= most.frames || masks + one.objects.length > most.masks || characters + size > most.characters;
    if (isFull && some.length > 0) {
      yield some;
      [some, masks, characters] = [[], 0, 0];
    }
    some.push(one);
    masks += one.objects.length;
    characters += size;
  }
  if (some.length > 0) yield some;
}
