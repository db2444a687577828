import { createHash } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { ObjectState, TrackState } from "../../../../proto/index.js";
import { mergeAttributes } from "../../attributes.js";
import { revisionKinds, type Schema } from "../../database/schema.js";
import { lockForChange } from "../../database/set-lock.js";
import { unnested } from "../../database/unnest.js";
import type { FoundObject } from "../../formats/types.js";
import type { NewObject } from "../../objects/add-objects.js";
import type { ObjectRow } from "../../objects/next-revision.js";
import { readMask } from "../../objects/read-mask.js";
import type { NextRevision } from "../../objects/write-objects.js";

type Trx = Transaction<Schema>;

/** An object of the batch, and what it would become here. */
export interface Incoming {
  readonly found: FoundObject;
  readonly object: NewObject;
  /** Whose tracks it may join; null: of none. */
  readonly sequence: bigint | null;
  /** Of its picture, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
}

/** What becomes of a batch's objects. */
interface Sorted {
  readonly fresh: readonly Incoming[];
  readonly changed: readonly Changed[];
  /** Brought before as they are. */
  readonly repeated: number;
  /** Brought before, and changed or deleted by people since. */
  readonly left: number;
  /** What this job has changed before it began again. */
  readonly replaced: number;
}

interface Changed {
  readonly incoming: Incoming;
  readonly row: ObjectRow;
}

interface Terms {
  readonly set: number;
  readonly job: string;
  /** See `ImportWork.add_changed`. */
  readonly addChanged: boolean;
}

interface KnownRow {
  readonly picture: bigint;
  readonly identity: Buffer;
  readonly object: bigint;
  readonly revision: number;
  readonly content: Buffer;
  readonly made_by: string;
  readonly seen_by: string;
  readonly seen: Buffer;
}

interface Seen {
  readonly known: KnownRow;
  readonly content: Buffer;
}

/** Tells what imports have brought before from what is new, and from what is another now; objects that are to change are locked. */
export async function sortIncoming(trx: Trx, terms: Terms, all: readonly Incoming[]): Promise<Sorted> {
  await lockForChange(trx, terms.set);
  const known = await knownOf(trx, terms, all);
  const seen = new Map<string, Seen>();
  const unknown: Incoming[] = [];
  const differing: { incoming: Incoming; known: KnownRow }[] = [];
  const counts = { repeated: 0, left: 0, replaced: 0 };
  for (const incoming of all) {
    const key = identityKey(incoming);
    const row = key === undefined || seen.has(key) ? undefined : known.get(key);
    if (key === undefined || row === undefined) {
      unknown.push(incoming);
      continue;
    }
    const content = contentOf(incoming.found);
    if (row.content.equals(content)) {
      const isOurs = row.made_by === terms.job && row.revision > 1;
      counts[isOurs ? "replaced" : "repeated"]++;
    } else if (row.seen_by === terms.job && row.seen.equals(content)) {
      // Before it began again this job has found that people have changed it.
      counts.left++;
    } else if (row.seen_by === terms.job || terms.addChanged) {
      // Its file has the id twice, or is somebody else's.
      unknown.push(incoming);
      continue;
    } else differing.push({ incoming, known: row });
    seen.set(key, { known: row, content });
  }
  await noteSeen(trx, terms, [...seen.values()]);
  const rows = await untouchedRows(
    trx,
    terms.set,
    differing.map((one) => one.known),
  );
  const changed = differing.flatMap(({ incoming, known: { object } }) => {
    const row = rows.get(object);
    return row ? [{ incoming, row }] : [];
  });
  counts.left += differing.length - changed.length;
  const fresh = await notImported(trx, terms.set, unknown);
  return { ...counts, fresh, changed, repeated: counts.repeated + unknown.length - fresh.length };
}

/** The state that a corrected file gives an object. */
export function correctedState({ incoming: { object, size }, row }: Changed, person: string): NextRevision {
  const mask = readMask(object.rle, size);
  const revision = row.revision + 1;
  return {
    id: row.id,
    picture: row.picture,
    revision,
    kind: revisionKinds.brought,
    // A track's objects have its label, whatever a file calls one of them.
    label: row.track === null ? object.label : row.label,
    track: row.track,
    followed: TrackState.UNSPECIFIED,
    state: object.state,
    gear: object.provenance?.gear ?? row.gear,
    shape: revision,
    maker: person,
    seconds: 0,
    reason: "",
    attributes: mergeAttributes(row.attributes, object.attributes ?? {}),
    judged: null,
    mask,
    made: { counts: mask.counts, provenance: object.provenance },
  };
}

/** Which object came from where, and what it was there. */
export async function noteBrought(
  trx: Trx,
  { set, job }: Terms,
  brought: readonly { readonly incoming: Incoming; readonly object: bigint; readonly revision: number }[],
): Promise<void> {
  const named = brought.flatMap(({ incoming, ...rest }) => {
    const identity = identityOf(incoming.found);
    return identity ? [{ ...rest, identity, incoming }] : [];
  });
  if (named.length === 0) return;
  const given = unnested(named, {
    picture: ["bigint", ({ incoming }) => incoming.object.picture],
    identity: ["bytea", ({ identity }) => identity],
    object: ["bigint", ({ object }) => object],
    revision: ["int", ({ revision }) => revision],
    content: ["bytea", ({ incoming }) => contentOf(incoming.found)],
  });
  // Of an id that a batch has twice the first counts.
  await sql`
    insert into import_identities as known (picture, identity, object, revision, content, dataset, made_by, seen_by, seen)
    select distinct on (picture, identity) given.*, ${set}::int, ${job}::uuid, ${job}::uuid, content from ${given} order by picture, identity, object
    on conflict (dataset, picture, identity) do update
      set revision = excluded.revision, content = excluded.content, made_by = excluded.made_by, seen_by = excluded.seen_by,
        seen = excluded.seen
      where known.object = excluded.object`.execute(trx);
}

async function knownOf(trx: Trx, { set }: Terms, all: readonly Incoming[]): Promise<Map<string, KnownRow>> {
  const named = all.flatMap(({ found, object: { picture } }) => {
    const identity = identityOf(found);
    return identity ? [{ picture, identity }] : [];
  });
  if (named.length === 0) return new Map();
  const given = unnested(named, {
    picture: ["bigint", ({ picture }) => picture],
    identity: ["bytea", ({ identity }) => identity],
  });
  const { rows } = await sql<KnownRow>`
    select known.* from import_identities known join (select distinct picture, identity from ${given}) given using (picture, identity)
    where known.dataset = ${set} order by known.picture, known.identity for update of known`.execute(trx);
  return new Map(rows.map((row) => [keyOf(row.picture, row.identity), row]));
}

async function noteSeen(trx: Trx, { set, job }: Terms, all: readonly Seen[]): Promise<void> {
  const unseen = all.filter(({ known: { seen_by } }) => seen_by !== job);
  if (unseen.length === 0) return;
  const given = unnested(unseen, {
    picture: ["bigint", ({ known: { picture } }) => picture],
    identity: ["bytea", ({ known: { identity } }) => identity],
    content: ["bytea", ({ content }) => content],
  });
  await sql`
    update import_identities known set seen_by = ${job}::uuid, seen = given.content from ${given}
    where known.dataset = ${set} and known.picture = given.picture and known.identity = given.identity`.execute(trx);
}

/**
 * Those that nobody but reviewers has done anything to since. They are locked first and looked at then, so that whoever saves one at
 * this moment is seen, or waits.
 */
async function untouchedRows(trx: Trx, set: number, known: readonly KnownRow[]): Promise<Map<bigint, ObjectRow>> {
  if (known.length === 0) return new Map();
  const ids = known.map(({ object }) => object);
  const { rows } = await sql<ObjectRow>`
    select * from objects where dataset = ${set} and id = any (${ids}::bigint[]) and state <> ${ObjectState.DELETED}
    order by id for no key update`.execute(trx);
  const given = unnested(known, {
    picture: ["bigint", ({ picture }) => picture],
    object: ["bigint", ({ object }) => object],
    revision: ["int", ({ revision }) => revision],
  });
  const { rows: touched } = await sql<{ object: bigint }>`
    select distinct r.object from ${given} join object_revisions r using (picture, object)
    where r.revision > given.revision and r.kind <> ${revisionKinds.judged}`.execute(trx);
  const theirs = new Set(touched.map(({ object }) => object));
  return new Map(rows.flatMap((row) => (theirs.has(row.id) ? [] : [[row.id, row]])));
}

/** Those that no import has made. */
async function notImported(trx: Trx, set: number, all: readonly Incoming[]): Promise<Incoming[]> {
  if (all.length === 0) return [];
  const made = all.map((incoming) => ({ incoming, source: sourceOf(incoming.found) }));
  const given = unnested(made, {
    picture: ["bigint", ({ incoming }) => incoming.object.picture],
    source: ["bytea", ({ source }) => source],
  });
  const { rows: noted } = await sql<{ picture: bigint; source: Buffer }>`
    insert into imported (dataset, picture, source) select ${set}::int, given.* from ${given}
    on conflict do nothing returning picture, source`.execute(trx);
  const keys = new Set(noted.map(({ picture, source }) => keyOf(picture, source)));
  // Of one that a batch has twice the first counts.
  return made.flatMap(({ incoming, source }) =>
    keys.delete(keyOf(incoming.object.picture, source)) ? [incoming] : [],
  );
}

const keyOf = (picture: bigint, digest: Buffer) => `${picture} ${digest.toString("hex")}`;

function identityKey({ found, object: { picture } }: Incoming): string | undefined {
  const identity = identityOf(found);
  return identity && keyOf(picture, identity);
}

/** The same object of the same file, whatever it looks like. */
const identityOf = ({ file, ownId }: FoundObject) => (ownId === undefined ? undefined : digestOf(file, ownId));

/** What it is in its file. */
const contentOf = ({ label = "", rle: { counts }, attributes, predictedIou, stabilityScore }: FoundObject) =>
  digestOf(label, counts, JSON.stringify([Object.entries(attributes).sort(), predictedIou, stabilityScore]));

/** What tells an object of a file from all others, whenever it is read; another file may have the same name and ids. */
const sourceOf = ({ file, sourceId, label = "", rle: { counts } }: FoundObject) =>
  digestOf(file, sourceId, label, counts);

const digestOf = (...parts: readonly string[]) =>
  createHash("sha256").update(parts.join("\0")).digest().subarray(0, 16);
