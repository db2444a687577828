import { sql, type Transaction } from "kysely";
import { Gear, type ObjectState, type Provenance, type TrackState } from "../../../proto/index.js";
import type { Attributes } from "../attributes.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { unnested } from "../database/unnest.js";
import { keptProvenance } from "./object-message.js";
import type { KeptMask } from "./read-mask.js";

type RevisionKind = (typeof revisionKinds)[keyof typeof revisionKinds];

/** An object that is made, checked. */
export interface MadeObject {
  readonly picture: bigint;
  readonly label: number;
  readonly mask: KeptMask;
  readonly state: ObjectState;
  readonly gear: Gear;
  readonly provenance: Provenance | undefined;
  readonly seconds: number;
  readonly attributes: Attributes;
  /** Null: of none. */
  readonly track: bigint | null;
  /** What it was found to be, where it was followed to its picture. */
  readonly followed: TrackState;
}

/** What becomes of an object, all of it: its next revision. */
export interface NextRevision {
  readonly id: bigint;
  readonly picture: bigint;
  readonly revision: number;
  readonly kind: RevisionKind;
  readonly label: number;
  readonly state: ObjectState;
  readonly gear: Gear;
  readonly shape: number;
  readonly maker: string;
  readonly seconds: number;
  readonly reason: string;
  readonly attributes: Attributes;
  readonly track: bigint | null;
  readonly followed: TrackState;
  /** Whose work it is a verdict about. */
  readonly judged: string | null;
  readonly mask: Pick<KeptMask, "x" | "y" | "width" | "height" | "area">;
  /** Where the mask is another than before. */
  readonly made?: { readonly counts: string; readonly provenance: Provenance | undefined };
}

/** Inserts them, whoever has locked the set for a change: one statement, whose masks go there once. @returns their ids, in order. */
export async function insertObjects(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  objects: readonly MadeObject[],
): Promise<bigint[]> {
  if (objects.length === 0) return [];
  const rows = objects.map((one, place) => ({ ...one, place, kept: keptProvenance(one.provenance) }));
  const given = unnested(rows, {
    place: ["int", ({ place }) => place],
    picture: ["bigint", ({ picture }) => picture],
    label: ["int", ({ label }) => label],
    state: ["smallint", ({ state }) => state],
    gear: ["smallint", ({ gear }) => gear],
    kind: ["smallint", ({ gear, provenance }) => kindOf(gear, provenance)],
    seconds: ["real", ({ seconds }) => seconds],
    x: ["int", ({ mask }) => mask.x],
    y: ["int", ({ mask }) => mask.y],
    width: ["int", ({ mask }) => mask.width],
    height: ["int", ({ mask }) => mask.height],
    area: ["int", ({ mask }) => mask.area],
    attributes: ["jsonb", ({ attributes }) => JSON.stringify(attributes)],
    track: ["bigint", ({ track }) => track],
    followed: ["smallint", ({ followed }) => followed],
    counts: ["text", ({ mask }) => mask.counts],
    provenance: ["bytea", ({ kept }) => kept.provenance],
    prompts: ["bytea", ({ kept }) => kept.prompts],
  });
  const both = sql`picture, label, state, gear, seconds, x, y, width, height, area, attributes, track, followed`;
  const { rows: made } = await sql<{ id: bigint }>`
    with numbered as materialized (
      select nextval(pg_get_serial_sequence('objects', 'id')) as id, given.* from ${given}
    ), revised as (
      insert into object_revisions (object, ${both}, revision, shape, kind, counts, provenance, prompts, dataset, maker, person, reason)
      select id, ${both}, 1, 1, kind, counts, provenance, prompts, ${set}::int, ${person}, ${person}, '' from numbered
    ), kept as (
      insert into objects (id, ${both}, dataset, maker, person, reason)
      select id, ${both}, ${set}::int, ${person}, ${person}, '' from numbered
    )
    select id from numbered order by place`.execute(trx);
  return made.map(({ id }) => id);
}

/** Who made a mask for the statistics: what a job or an import brought is nobody's work. */
export function kindOf(gear: Gear, provenance: Provenance | undefined): RevisionKind {
  const isBrought = gear === Gear.AUTOMATIC || gear === Gear.IMPORTED || (provenance?.job ?? "") !== "";
  return isBrought ? revisionKinds.brought : revisionKinds.made;
}

/** Makes them what they become; whoever calls has locked them, and knows that they are at the revision before. */
export async function updateObjects(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  revisions: readonly NextRevision[],
): Promise<void> {
  if (revisions.length === 0) return;
  await insertRevisions(trx, set, person, revisions);
  const given = unnested(revisions, {
    id: ["bigint", ({ id }) => id],
    revision: ["int", ({ revision }) => revision],
    shape: ["int", ({ shape }) => shape],
    label: ["int", ({ label }) => label],
    state: ["smallint", ({ state }) => state],
    gear: ["smallint", ({ gear }) => gear],
    maker: ["text", ({ maker }) => maker],
    seconds: ["real", ({ seconds }) => seconds],
    x: ["int", ({ mask }) => mask.x],
    y: ["int", ({ mask }) => mask.y],
    width: ["int", ({ mask }) => mask.width],
    height: ["int", ({ mask }) => mask.height],
    area: ["int", ({ mask }) => mask.area],
    reason: ["text", ({ reason }) => reason],
    attributes: ["jsonb", ({ attributes }) => JSON.stringify(attributes)],
    track: ["bigint", ({ track }) => track],
    followed: ["smallint", ({ followed }) => followed],
  });
  await sql`
    update objects set revision = given.revision, shape = given.shape, label = given.label, state = given.state, gear = given.gear,
      maker = given.maker, seconds = given.seconds, x = given.x, y = given.y, width = given.width, height = given.height,
      area = given.area, reason = given.reason, attributes = given.attributes, track = given.track, followed = given.followed,
      person = ${person}, at = now()
    from ${given} where objects.id = given.id`.execute(trx);
}

async function insertRevisions(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  revisions: readonly NextRevision[],
): Promise<void> {
  const rows = revisions.map((one) => ({ ...one, kept: one.made && keptProvenance(one.made.provenance) }));
  const given = unnested(rows, {
    picture: ["bigint", ({ picture }) => picture],
    object: ["bigint", ({ id }) => id],
    revision: ["int", ({ revision }) => revision],
    kind: ["smallint", ({ kind }) => kind],
    label: ["int", ({ label }) => label],
    state: ["smallint", ({ state }) => state],
    shape: ["int", ({ shape }) => shape],
    gear: ["smallint", ({ gear }) => gear],
    maker: ["text", ({ maker }) => maker],
    seconds: ["real", ({ seconds }) => seconds],
    judged: ["text", ({ judged }) => judged],
    reason: ["text", ({ reason }) => reason],
    attributes: ["jsonb", ({ attributes }) => JSON.stringify(attributes)],
    track: ["bigint", ({ track }) => track],
    followed: ["smallint", ({ followed }) => followed],
    x: ["int", ({ mask }) => mask.x],
    y: ["int", ({ mask }) => mask.y],
    width: ["int", ({ mask }) => mask.width],
    height: ["int", ({ mask }) => mask.height],
    area: ["int", ({ mask }) => mask.area],
    counts: ["text", ({ made }) => made?.counts ?? null],
    provenance: ["bytea", ({ kept }) => kept?.provenance ?? null],
    prompts: ["bytea", ({ kept }) => kept?.prompts ?? null],
  });
  await sql`
    insert into object_revisions (picture, object, revision, kind, label, state, shape, gear, maker, seconds, judged, reason, attributes,
      track, followed, x, y, width, height, area, counts, provenance, prompts, dataset, person)
    select given.*, ${set}::int, ${person} from ${given}`.execute(trx);
}
