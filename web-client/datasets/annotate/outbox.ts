import { create } from "@bufbuild/protobuf";
import {
  type DatasetObject,
  DatasetObjectSchema,
  type ObjectChange,
  ObjectChangeSchema,
  type ObjectPatch,
  ObjectPatchSchema,
  ObjectState,
  type SavedObject,
} from "../../../proto/index.js";

/*
 * What a person has changed and the service does not have yet. Every change keeps its key from the first time it is sent, so
 * that to send it again changes nothing; of one object one change is on its way at a time, for the next has to name the
 * revision that comes of it.
 */

/** An object as this page names it: one that was made here has no id until it is saved. */
export type Ref = string;

type Change =
  | { readonly kind: "create"; readonly object: DatasetObject }
  | { readonly kind: "patch"; readonly patch: ObjectPatch }
  | { readonly kind: "delete" }
  /** What was deleted is there again, as it was. */
  | { readonly kind: "take-back" };

export interface OutboxEntry {
  readonly key: string;
  readonly ref: Ref;
  readonly change: Change;
}

/** What the service has of an object. */
export interface Known {
  readonly id: bigint;
  readonly revision: number;
}

/** Somebody else has changed the object meanwhile: the person says whose is to stay. */
export interface Conflict {
  readonly entry: OutboxEntry;
  readonly theirs: DatasetObject;
}

export interface Outbox {
  readonly entries: readonly OutboxEntry[];
  /** Keys of those that are on their way. */
  readonly sending: readonly string[];
  readonly known: ReadonlyMap<Ref, Known>;
  readonly conflicts: readonly Conflict[];
  /** Sentences of the service about what it did not take for good. */
  readonly refusals: readonly string[];
}

export const emptyOutbox: Outbox = { entries: [], sending: [], known: new Map(), conflicts: [], refusals: [] };

/** As many as one request takes. */
const mostAtOnce = 100;

/** Of what waits to be sent this page knows another revision: what has been done since is to be seen as a conflict. */
export function learned(outbox: Outbox, objects: readonly (readonly [Ref, Known])[]): Outbox {
  const pending = new Set([...outbox.entries, ...outbox.conflicts.map(({ entry }) => entry)].map(({ ref }) => ref));
  return { ...outbox, known: new Map([...outbox.known, ...objects.filter(([ref]) => !pending.has(ref))]) };
}

export function queued(outbox: Outbox, entries: readonly OutboxEntry[]): Outbox {
  return entries.length === 0 ? outbox : { ...outbox, entries: [...outbox.entries, ...entries] };
}

/** What is to be sent now: of each object the oldest change, unless the object waits for a verdict of the person's. */
export function nextBatch(outbox: Outbox): readonly [Outbox, readonly ObjectChange[]] {
  if (outbox.sending.length > 0) return [outbox, []];
  const taken = new Set(outbox.conflicts.map(({ entry }) => entry.ref));
  const batch: ObjectChange[] = [];
  for (const entry of outbox.entries) {
    if (taken.has(entry.ref) || batch.length === mostAtOnce) continue;
    taken.add(entry.ref);
    const change = changeOf(entry, outbox.known.get(entry.ref));
    if (change !== undefined) batch.push(change);
  }
  return [{ ...outbox, sending: batch.map(({ key }) => key) }, batch];
}

function changeOf({ key, change }: OutboxEntry, known: Known | undefined): ObjectChange | undefined {
  if (change.kind === "create") {
    return create(ObjectChangeSchema, { key, change: { case: "create", value: change.object } });
  }
  // One whose making was refused is nowhere to be changed.
  if (known === undefined) return undefined;
  const about = { key, object: known.id, revision: known.revision };
  switch (change.kind) {
    case "patch":
      return create(ObjectChangeSchema, { ...about, change: { case: "patch", value: change.patch } });
    case "delete":
      return create(ObjectChangeSchema, { ...about, change: { case: "delete", value: true } });
    case "take-back":
      return create(ObjectChangeSchema, { ...about, change: { case: "takeBack", value: known.revision - 1 } });
  }
}

/** The service has answered. */
export function answered(outbox: Outbox, saved: readonly SavedObject[]): Outbox {
  const known = new Map(outbox.known);
  const conflicts = [...outbox.conflicts];
  const refusals = [...outbox.refusals];
  const done = new Set<string>();
  for (const { key, object, problem, conflict } of saved) {
    const entry = outbox.entries.find((one) => one.key === key);
    if (entry === undefined) continue;
    done.add(key);
    if (object !== undefined) known.set(entry.ref, { id: object.id, revision: object.revision });
    if (conflict && object !== undefined) conflicts.push({ entry, theirs: object });
    else if (problem !== "") refusals.push(problem);
  }
  const entries = outbox.entries.filter(({ key }) => !done.has(key));
  return { ...outbox, entries, sending: [], known, conflicts, refusals };
}

/** Nothing came of it: all of it is sent again. */
export function interrupted(outbox: Outbox): Outbox {
  return { ...outbox, sending: [] };
}

/** The request as a whole was refused, and would be each time. */
export function refused(outbox: Outbox, sentence: string): Outbox {
  const entries = outbox.entries.filter(({ key }) => !outbox.sending.includes(key));
  return { ...outbox, entries, sending: [], refusals: [...outbox.refusals, sentence] };
}

export function dismissed(outbox: Outbox): Outbox {
  return { ...outbox, refusals: [] };
}

/** What the person made of it stays: it is saved over the other's, which the object's history keeps. @param key a new one. */
export function keptMine(outbox: Outbox, { entry, theirs }: Conflict, key: string): Outbox {
  const conflicts = outbox.conflicts.filter((one) => one.entry !== entry);
  const again: OutboxEntry[] =
    theirs.state === ObjectState.DELETED && entry.change.kind !== "delete"
      ? [
          { key: `${key}-back`, ref: entry.ref, change: { kind: "take-back" } },
          { ...entry, key },
        ]
      : [{ ...entry, key }];
  return { ...outbox, conflicts, entries: [...again, ...outbox.entries] };
}

/** The other's stays; what this page still meant to do to the object is dropped. */
export function tookTheirs(outbox: Outbox, { entry }: Conflict): Outbox {
  return {
    ...outbox,
    conflicts: outbox.conflicts.filter((one) => one.entry !== entry),
    entries: outbox.entries.filter(({ ref }) => ref !== entry.ref),
  };
}

/** Whether anything would be lost with the page. */
export function isUnsent({ entries, conflicts }: Outbox): boolean {
  return entries.length > 0 || conflicts.length > 0;
}

export const newObject = (init: Parameters<typeof create<typeof DatasetObjectSchema>>[1]): Change => ({
  kind: "create",
  object: create(DatasetObjectSchema, init),
});

export const patched = (init: Parameters<typeof create<typeof ObjectPatchSchema>>[1]): Change => ({
  kind: "patch",
  patch: create(ObjectPatchSchema, init),
});
