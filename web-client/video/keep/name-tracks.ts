/*
 * Which tracks of a sequence a video's objects are. Pure.
 */

/** An object as the page calls it. */
export interface NamedObject {
  readonly id: number;
  readonly name: string;
  /** By a person: others go by their numbers, which another video's, or the same one's at another time, have too. */
  readonly isNamed: boolean;
  /** By sequences, the tracks that it was kept as. */
  readonly keptAs: ReadonlyMap<bigint, bigint>;
}

/** A track that a sequence has. */
interface TrackThere {
  readonly id: bigint;
  readonly name: string;
}

/** Names that are one object's alone stay; several that are called alike get their numbers besides. */
export function trackNames(
  objects: readonly Pick<NamedObject, "id" | "name">[],
  taken: ReadonlySet<string> = new Set(),
): Map<number, string> {
  const isShared = (name: string) => taken.has(name) || objects.filter((one) => one.name === name).length > 1;
  const all = new Set([...taken, ...objects.map(({ name }) => name).filter((name) => !isShared(name))]);
  const names = new Map<number, string>();
  for (const { id, name } of objects) {
    let next = name;
    if (isShared(name)) for (next = `${name} ${id}`; all.has(next); ) next = `${next} ${id}`;
    all.add(next);
    names.set(id, next);
  }
  return names;
}

/**
 * An object goes on with the track that it was kept as, whatever that is called now; else with the one whose name a person has given it.
 * All others are tracks of their own.
 */
export function tracksOf<There extends TrackThere>(
  objects: readonly NamedObject[],
  sequence: bigint,
  there: readonly There[],
): Map<number, { readonly name: string; readonly there?: There }> {
  const tracks = new Map<number, { readonly name: string; readonly there?: There }>();
  const left = new Map(there.map((track) => [track.id, track]));
  const goOn = (id: number, track: There | undefined) => {
    if (track === undefined) return;
    left.delete(track.id);
    tracks.set(id, { name: track.name, there: track });
  };
  for (const { id, keptAs } of objects) goOn(id, left.get(keptAs.get(sequence) ?? 0n));
  for (const { id, name, isNamed } of objects) {
    if (!isNamed || tracks.has(id)) continue;
    goOn(
      id,
      [...left.values()].find((track) => track.name === name),
    );
  }
  const others = objects.filter(({ id }) => !tracks.has(id));
  for (const [id, name] of trackNames(others, new Set(there.map((track) => track.name)))) tracks.set(id, { name });
  return tracks;
}
