import { toBinary } from "@bufbuild/protobuf";
import {
  DatasetService,
  type DatasetTrack,
  type Label,
  type Prompt,
  PromptSchema,
  type TrackPrompt,
} from "../../../../proto/index.js";
import { usageError } from "../command-error.js";
import type { DatasetClient } from "../dataset/dataset-client.js";
import { pagesOf } from "../dataset/pages.js";

/** The track of a data set that an object is kept as. */
export interface ChosenTrack {
  readonly object: number;
  readonly name: string;
  /** 0: none. */
  readonly label: number;
}

interface Wish {
  readonly dataset: string;
  /** Its name; the set may have none of it yet. */
  readonly sequence: string;
  readonly prompts: readonly TrackPrompt[];
  /** Of tracks, in the order of the objects' numbers; empty: nobody says. */
  readonly names: readonly string[];
  readonly label: string | undefined;
}

/** What a sequence has already. */
interface SequenceTracks {
  readonly tracks: readonly Pick<DatasetTrack, "id" | "name" | "label">[];
  /** By frame, what people have shown tracks by there. */
  readonly prompted: ReadonlyMap<number, readonly { readonly track: bigint; readonly prompt: Prompt }[]>;
}

const { method } = DatasetService;
/** That a request names; an object is known by any of its prompts. */
const mostPictures = 500;

/** Which tracks objects become, before anything is done for them. @throws CommandError (bad usage) that says what to do. */
export async function chooseTracks(client: DatasetClient, wish: Wish): Promise<ChosenTrack[]> {
  const { dataset, sequence, prompts } = wish;
  const { labels } = await client.ask(method.getDataset, { dataset });
  const { sequences } = await client.ask(method.listSequences, { dataset, name: sequence });
  const there = sequences[0] ? await tracksOf(client, dataset, sequences[0].id, prompts) : nothing;
  return tracksFor(wish, labels, there);
}

/**
 * The track that is named; without a name the one that was prompted alike, so that the same command keeps nothing twice; a new one else.
 * @param labels of the data set. @throws CommandError (bad usage)
 */
export function tracksFor(
  { dataset, sequence, prompts, names, label }: Wish,
  labels: readonly Pick<Label, "id" | "name">[],
  there: SequenceTracks,
): ChosenTrack[] {
  const objects = [...new Set(prompts.map(({ object }) => object))].sort((a, b) => a - b);
  if (names.length > 0 && names.length !== objects.length) {
    throw usageError(
      `--track names ${names.length} of ${objects.length} objects: name a track for each, in the order of the objects' numbers.`,
    );
  }
  if (new Set(names).size < names.length) throw usageError("--track has one name twice, and each object is a track.");
  const wanted = label === undefined ? undefined : labels.find(({ name }) => name === label);
  if (label !== undefined && !wanted) {
    throw usageError(
      `The data set has no label "${label}": add it with maskwire dataset labels ${dataset} --add ${label}.`,
    );
  }
  const taken = new Set(there.tracks.map(({ name }) => name));
  const chosen = new Set<string>();
  return objects.map((object, at) => {
    const said = names[at];
    const own = prompts.filter((one) => one.object === object);
    const known =
      said === undefined ? promptedAlike(there, own, chosen) : there.tracks.find(({ name }) => name === said);
    if (known && wanted && known.label !== wanted.id) {
      const other = labels.find(({ id }) => id === known.label)?.name;
      throw usageError(
        `The track "${known.name}" of ${sequence} has ${other === undefined ? "no label" : `the label "${other}"`}: leave out --label to go on with it, change its label in the data set, or name another track by --track.`,
      );
    }
    const name = known?.name ?? said ?? freeName(object, taken);
    taken.add(name);
    chosen.add(name);
    return { object, name, label: known?.label ?? wanted?.id ?? 0 };
  });
}

const nothing: SequenceTracks = { tracks: [], prompted: new Map() };

/** The first that is free, from the object's own number on. */
function freeName(object: number, taken: ReadonlySet<string>): string {
  for (let number = object; ; number++) if (!taken.has(`object ${number}`)) return `object ${number}`;
}

/** A track that one of the prompts has made before, on its frame, and that no other object is. */
function promptedAlike(
  { tracks, prompted }: SequenceTracks,
  prompts: readonly TrackPrompt[],
  chosen: ReadonlySet<string>,
) {
  const alike = prompts.flatMap(({ frame, prompt }) =>
    (prompted.get(frame) ?? []).filter((one) => prompt && isLike(one.prompt, prompt)),
  );
  const ids = new Set(alike.map(({ track }) => track));
  return tracks.find(({ id, name }) => ids.has(id) && !chosen.has(name));
}

/** As they are on the wire, where coordinates are floats. */
const isLike = (a: Prompt, b: Prompt) => Buffer.compare(toBinary(PromptSchema, a), toBinary(PromptSchema, b)) === 0;

async function tracksOf(
  client: DatasetClient,
  dataset: string,
  sequence: bigint,
  prompts: readonly TrackPrompt[],
): Promise<SequenceTracks> {
  const tracks: DatasetTrack[] = [];
  const list = (page: string) => client.ask(method.listTracks, { dataset, sequence, page, pageSize: 500 });
  for await (const answer of pagesOf(list)) tracks.push(...answer.tracks);
  const frames = new Set(prompts.map(({ frame }) => frame));
  const pictures = new Map<bigint, number>();
  const show = (page: string) =>
    client.ask(method.listPictures, { dataset, filter: { sequence }, page, pageSize: 500 });
  for await (const answer of pagesOf(show)) {
    for (const { id, frame } of answer.pictures) if (frames.has(frame)) pictures.set(id, frame);
    if (pictures.size === frames.size) break;
  }
  const prompted = new Map<number, { track: bigint; prompt: Prompt }[]>();
  if (pictures.size === 0) return { tracks, prompted };
  const some = [...pictures.keys()].slice(0, mostPictures);
  const look = (page: string) => client.ask(method.listObjects, { dataset, pictures: some, page });
  for await (const { objects } of pagesOf(look)) {
    for (const { picture, track, provenance } of objects) {
      const frame = pictures.get(picture);
      if (frame === undefined || track === 0n) continue;
      const shown = provenance?.prompts.flatMap(({ prompt }) => (prompt ? [{ track, prompt }] : [])) ?? [];
      prompted.set(frame, [...(prompted.get(frame) ?? []), ...shown]);
    }
  }
  return { tracks, prompted };
}
