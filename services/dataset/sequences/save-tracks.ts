import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Selectable, sql, type Transaction } from "kysely";
import {
  Gear,
  ObjectState,
  type Provenance,
  ProvenanceSchema,
  type SaveTracksRequest,
  type SaveTracksResponseSchema,
  type TrackedMask,
  TrackState,
} from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { lockForChange } from "../database/set-lock.js";
import { unnested } from "../database/unnest.js";
import { conflict, notFound } from "../faults.js";
import { checkLabel, surroundingsOf } from "../objects/add-objects.js";
import { sameAs } from "../objects/next-revision.js";
import { readMask } from "../objects/read-mask.js";
import { insertObjects, kindOf, type MadeObject, type NextRevision, updateObjects } from "../objects/write-objects.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { type FollowedMask, followedIn } from "./followed.js";
import type { SequenceRow } from "./place-frames.js";
import { lockSequence } from "./sequence-rows.js";
import { insertTrack, type TrackRow, trackMessages } from "./track-rows.js";

type Trx = Transaction<Schema>;

/** What a track has in a picture now, or had last. */
type KnownObject = Selectable<Schema["objects"]> & {
  readonly counts: string;
  /** Of its present revision. */
  readonly kind: number;
};

/** A mask with where it goes. */
interface Aim {
  readonly followed: FollowedMask;
  readonly track: TrackRow;
  readonly picture: bigint;
  readonly known: KnownObject | undefined;
}

type Count = "made" | "replaced" | "same" | "gone" | "left";

/** Keeps what was followed through sequences. */
export class SaveTracks {
  readonly #database: Database;
  readonly #weightsOf: (model: string) => string;

  /** @param weightsOf a model's digest. */
  constructor(database: Database, weightsOf: (model: string) => string = () => "") {
    this.#database = database;
    this.#weightsOf = weightsOf;
  }

  /** All or none. @throws ServiceError NOT_FOUND; INVALID_ARGUMENT; ABORTED, reason CONFLICT. */
  async save(who: Who, request: SaveTracksRequest): Promise<MessageInitShape<typeof SaveTracksResponseSchema>> {
    const all = followedIn(request);
    const { model } = request;
    const origin = { model, weights: model === "" ? "" : this.#weightsOf(model), person: who.person };
    return this.#database.transaction(async (trx) => {
      const { key: set } = await findSet(trx, who, request.dataset);
      await lockForChange(trx, set);
      const sequence = await lockSequence(trx, set, request.sequence);
      const tracks = await tracksOf(trx, sequence, request, who.person);
      const counts = await keep(trx, sequence, all, tracks, origin);
      return {
        tracks: await trackMessages(
          trx,
          request.objects.map(({ name }) => tracks.get(name) as TrackRow),
        ),
        ...counts,
      };
    });
  }
}

/** By their names; those that the sequence lacks are made. */
async function tracksOf(
  trx: Trx,
  sequence: SequenceRow,
  { objects }: SaveTracksRequest,
  person: string,
): Promise<Map<string, TrackRow>> {
  const { id, dataset } = sequence;
  const names = objects.map(({ name }) => name);
  const there = await trx
    .selectFrom("tracks")
    .selectAll()
    .where("sequence", "=", id)
    .where("deleted", "=", false)
    .where("name", "in", names)
    .execute();
  const tracks = new Map(there.map((row) => [row.name, row]));
  const { labels } = await surroundingsOf(trx, dataset, [], []);
  for (const { name, label } of objects) {
    if (tracks.has(name)) continue;
    checkLabel(label, labels);
    const row = await insertTrack(trx, { dataset, sequence: id, name, label, person });
    if (!row) throw conflict("The sequence");
    tracks.set(name, row);
  }
  return tracks;
}

interface Origin {
  readonly model: string;
  readonly weights: string;
  readonly person: string;
}

async function keep(
  trx: Trx,
  sequence: SequenceRow,
  all: readonly FollowedMask[],
  tracks: ReadonlyMap<string, TrackRow>,
  origin: Origin,
): Promise<Record<Count, number>> {
  const set = sequence.dataset;
  const pictures = await picturesAt(trx, sequence, [...new Set(all.map(({ frame }) => frame))]);
  // Objects before their pictures, as whoever saves them.
  const known = await lockObjects(trx, set, [...tracks.values()], [...pictures.values()]);
  const around = await surroundingsOf(
    trx,
    set,
    [...pictures.values()],
    [...tracks.values()].map(({ id }) => id),
  );
  const counts = { made: 0, replaced: 0, same: 0, gone: 0, left: 0 };
  const made: MadeObject[] = [];
  const next: NextRevision[] = [];
  for (const followed of all) {
    const track = tracks.get(followed.object.name) as TrackRow;
    const picture = pictures.get(followed.frame) as bigint;
    const aim = { followed, track, picture, known: known.get(`${track.id} ${picture}`) };
    const fate = fateOf(aim);
    counts[fate]++;
    const size = around.pictures.get(picture);
    if (!size) throw conflict("The sequence");
    if (fate === "gone" && aim.known) next.push(goneOf(aim.known));
    if ((fate !== "made" && fate !== "replaced") || !followed.found) continue;
    const object = objectOf(aim, followed.found, size, origin);
    // Somebody may have put one there since it was looked for.
    if (!aim.known || aim.known.state === ObjectState.DELETED) around.tracks.join(track.id, size);
    if (aim.known) next.push(replacing(aim.known, object, origin.person));
    else made.push(object);
  }
  await insertObjects(trx, set, origin.person, made);
  await updateObjects(trx, set, origin.person, next);
  return counts;
}

/** @throws ServiceError NOT_FOUND for a frame that there is not. */
async function picturesAt(
  trx: Trx,
  { id, name }: SequenceRow,
  frames: readonly number[],
): Promise<Map<number, bigint>> {
  const { rows } = await sql<{ id: bigint; frame: number }>`
    select id, frame from pictures where sequence = ${id} and not deleted and frame = any (${frames}::bigint[])`.execute(
    trx,
  );
  const found = new Map(rows.map((row) => [row.frame, row.id]));
  const missing = frames.find((frame) => !found.has(frame));
  if (missing !== undefined) throw notFound(`"${name}" has no frame ${missing}.`);
  return found;
}

/**
 * What tracks have in pictures: one that is there, else the last that was deleted. They are locked first, and what they are is read then:
 * joined in one question, what somebody else has just saved would not be found.
 */
async function lockObjects(
  trx: Trx,
  set: number,
  tracks: readonly TrackRow[],
  pictures: readonly bigint[],
): Promise<Map<string, KnownObject>> {
  const { rows } = await sql<Selectable<Schema["objects"]>>`
    select * from objects
    where dataset = ${set} and picture = any (${pictures}::bigint[])
      and track = any (${tracks.map(({ id }) => id)}::bigint[])
    order by id for no key update`.execute(trx);
  const revisions = await revisionsOf(trx, rows);
  const found = new Map<string, KnownObject>();
  for (const row of rows) {
    const revision = revisions.get(row.id);
    if (!revision) throw new Error(`the object ${row.id} has no revision ${row.revision}`);
    const place = `${row.track} ${row.picture}`;
    const isThere = found.has(place) && found.get(place)?.state !== ObjectState.DELETED;
    if (!isThere) found.set(place, { ...row, ...revision });
  }
  return found;
}

/** The masks of objects that are locked, and how their present revisions came about. */
async function revisionsOf(
  trx: Trx,
  objects: readonly Selectable<Schema["objects"]>[],
): Promise<Map<bigint, Pick<KnownObject, "counts" | "kind">>> {
  if (objects.length === 0) return new Map();
  const given = unnested(objects, {
    picture: ["bigint", ({ picture }) => picture],
    object: ["bigint", ({ id }) => id],
    revision: ["int", ({ revision }) => revision],
    shape: ["int", ({ shape }) => shape],
  });
  const { rows } = await sql<{ object: bigint; counts: string; kind: number }>`
    select given.object, m.counts, r.kind from ${given}
    join object_revisions m on m.picture = given.picture and m.object = given.object and m.revision = given.shape
    join object_revisions r on r.picture = given.picture and r.object = given.object and r.revision = given.revision
  `.execute(trx);
  return new Map(rows.map(({ object, ...revision }) => [object, revision]));
}

/** What becomes of it. What people have made of an object is not taken from them by a repeat. */
function fateOf({ followed: { found }, known }: Aim): Count {
  if (!known) return found ? "made" : "same";
  const isOurs = known.followed !== TrackState.UNSPECIFIED && known.state !== ObjectState.ACCEPTED;
  if (known.state === ObjectState.DELETED) {
    if (!found) return "same";
    return known.followed !== TrackState.UNSPECIFIED && known.kind === revisionKinds.brought ? "replaced" : "left";
  }
  if (!found) return isOurs ? "gone" : "left";
  if (known.counts === found.mask?.rle?.counts && (known.followed === found.state || !isOurs)) return "same";
  return isOurs ? "replaced" : "left";
}

function objectOf(
  { followed, track, picture }: Aim,
  found: TrackedMask,
  size: { width: number; height: number },
  { model, weights }: Origin,
): MadeObject {
  const isCorrected = found.state === TrackState.CORRECTED;
  const provenance: Provenance = create(ProvenanceSchema, {
    model,
    weights,
    predictedIou: found.mask?.predictedIou ?? 0,
    stabilityScore: found.mask?.stabilityScore ?? 0,
    agreement: found.agreement,
    prompts: followed.prompt?.prompt ? [{ prompt: followed.prompt.prompt }] : [],
  });
  return {
    picture,
    label: track.label,
    mask: readMask(found.mask?.rle ?? ({ size: [], counts: "" } as never), size),
    state: isCorrected ? ObjectState.TO_REVIEW : ObjectState.PROPOSED,
    gear: isCorrected ? Gear.ASSISTED : Gear.AUTOMATIC,
    provenance,
    seconds: 0,
    attributes: {},
    track: track.id,
    followed: found.state,
  };
}

/** Its next state: the mask that was followed now. */
function replacing(known: KnownObject, made: MadeObject, person: string): NextRevision {
  const { mask, state, gear, provenance, followed, track, label } = made;
  const before = sameAs(known);
  return {
    ...before,
    kind: kindOf(gear, provenance),
    state,
    gear,
    followed,
    track,
    label,
    shape: before.revision,
    maker: person,
    reason: "",
    mask,
    made: { counts: mask.counts, provenance },
  };
}

/** By what was followed, and not by a person: it comes back when it is found there again. */
const goneOf = (known: KnownObject): NextRevision => ({
  ...sameAs(known),
  kind: revisionKinds.brought,
  state: ObjectState.DELETED,
});
