import type { Selectable } from "kysely";
import { Gear, ObjectState, type Provenance, type Rle, TrackState } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { type Attributes, mergeAttributes } from "../attributes.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { notNow } from "../faults.js";
import { checkGear, checkLabel, checkSeconds, isState, otherLabel, type Surroundings } from "./add-objects.js";
import { readMask } from "./read-mask.js";
import { kindOf, type NextRevision } from "./write-objects.js";

export type ObjectRow = Selectable<Schema["objects"]>;
export type RevisionRow = Selectable<Schema["object_revisions"]>;

/** What is to become of an object that is there. */
export type Step =
  | {
      readonly kind: "patch";
      readonly label: number | undefined;
      readonly rle: Pick<Rle, "size" | "counts"> | undefined;
      readonly state: ObjectState;
      readonly reason: string | undefined;
      readonly provenance: Provenance | undefined;
      readonly attributes: Attributes;
      /** 0: out of its track; undefined: it stays where it is. */
      readonly track?: bigint | undefined;
    }
  | { readonly kind: "takeBack"; readonly revision: number }
  | { readonly kind: "delete" }
  | { readonly kind: "judge"; readonly accept: boolean; readonly reason: string; readonly seconds: number };

const longestReason = 500;

interface Around extends Surroundings {
  readonly person: string;
  /** The revision that is to come back. */
  readonly earlier?: RevisionRow | undefined;
}

/** An object's next revision. @throws ServiceError INVALID_ARGUMENT or FAILED_PRECONDITION, when it cannot be. */
export function nextRevision(row: ObjectRow, step: Step, around: Around): NextRevision {
  if (step.kind === "takeBack") return takenBack(row, step.revision, around);
  if (row.state === ObjectState.DELETED) throw notNow("The object is deleted; take that back first.");
  switch (step.kind) {
    case "patch":
      return patched(row, step, around);
    case "judge":
      return judged(row, step);
    case "delete":
      return { ...sameAs(row), kind: revisionKinds.deleted, state: ObjectState.DELETED };
  }
}

/** It as it is, one revision on. */
export const sameAs = (row: ObjectRow): Omit<NextRevision, "kind"> => ({
  id: row.id,
  picture: row.picture,
  revision: row.revision + 1,
  label: row.label,
  state: row.state,
  gear: row.gear,
  shape: row.shape,
  maker: row.maker,
  seconds: 0,
  reason: row.reason,
  attributes: row.attributes,
  track: row.track,
  followed: row.followed,
  judged: null,
  mask: row,
});

function patched(row: ObjectRow, step: Step & { kind: "patch" }, around: Around): NextRevision {
  const { rle, provenance, attributes } = step;
  if (step.label !== undefined) checkLabel(step.label, around.labels);
  const state = step.state === ObjectState.UNSPECIFIED ? stateAfter(row.state, rle !== undefined) : step.state;
  if (!isState(state))
    throw invalidArgument(`An object does not become ${step.state}; to delete it there is \`delete\`.`);
  const next = {
    ...sameAs(row),
    ...joined(row, step, around),
    state,
    seconds: checkSeconds(provenance?.seconds ?? 0),
    reason: state === ObjectState.REJECTED ? checkReason(step.reason ?? row.reason) : "",
    attributes: mergeAttributes(row.attributes, attributes),
  };
  if (!rle) return { ...next, kind: revisionKinds.changed };
  const picture = around.pictures.get(row.picture);
  if (!picture) throw notNow("The object's picture is not in the data set any more.");
  const mask = readMask(rle, picture);
  const gear = gearAfter(row.gear, provenance);
  return {
    ...next,
    kind: kindOf(gear, provenance),
    gear,
    shape: next.revision,
    maker: around.person,
    followed: provenance?.trackState ?? TrackState.UNSPECIFIED,
    mask,
    made: { counts: mask.counts, provenance },
  };
}

/** Which track it is of from now on, and its label with that. */
function joined(
  row: ObjectRow,
  { track, label }: Step & { kind: "patch" },
  { pictures, tracks }: Around,
): Pick<NextRevision, "track" | "label"> {
  const now = row.track ?? 0n;
  const wanted = track ?? now;
  if (wanted === 0n) return { track: null, label: label ?? row.label };
  const picture = pictures.get(row.picture) ?? { id: row.picture, sequence: null };
  const own = wanted === now ? row.label : tracks.join(wanted, picture);
  if (label !== undefined && label !== own) throw otherLabel();
  return { track: wanted, label: own };
}

/** Whoever changes a mask keeps it, and what was rejected is mended. */
const stateAfter = (state: ObjectState, isMade: boolean) =>
  isMade && (state === ObjectState.PROPOSED || state === ObjectState.REJECTED) ? ObjectState.TO_REVIEW : state;

/** What a model made and a person mends is of both. */
function gearAfter(before: Gear, provenance: Provenance | undefined): Gear {
  const told = provenance?.gear ?? Gear.UNSPECIFIED;
  if (told !== Gear.UNSPECIFIED) return checkGear(told);
  return before === Gear.ASSISTED ? Gear.ASSISTED : Gear.SEMI_AUTOMATIC;
}

function judged(row: ObjectRow, { accept, reason, seconds }: Step & { kind: "judge" }): NextRevision {
  return {
    ...sameAs(row),
    kind: revisionKinds.judged,
    state: accept ? ObjectState.ACCEPTED : ObjectState.REJECTED,
    reason: accept ? "" : checkReason(reason),
    seconds: checkSeconds(seconds),
    judged: row.maker,
  };
}

function takenBack(row: ObjectRow, revision: number, { earlier, labels, pictures, tracks }: Around): NextRevision {
  if (!earlier) throw invalidArgument(`The object has no revision ${revision}.`);
  if (earlier.state === ObjectState.DELETED)
    throw notNow(`At revision ${revision} the object was deleted; take back to one before.`);
  const picture = pictures.get(row.picture);
  if (!picture) throw notNow("The object's picture is not in the data set any more.");
  checkLabel(earlier.label, labels);
  const track = earlier.track !== null && tracks.has(earlier.track) ? earlier.track : null;
  const isThere = row.state !== ObjectState.DELETED && row.track === track;
  const label = track === null ? earlier.label : isThere ? row.label : tracks.join(track, picture);
  const { state, gear, shape, maker, reason, attributes } = earlier;
  return {
    ...sameAs(row),
    kind: revisionKinds.takenBack,
    label,
    state,
    gear,
    shape,
    maker,
    reason,
    attributes,
    track,
    followed: earlier.followed,
    mask: earlier,
  };
}

function checkReason(reason: string): string {
  const text = reason.trim();
  if (text === "") throw invalidArgument("Say in `reason` why it is rejected: whoever made it reads that.");
  if ([...text].length > longestReason) throw invalidArgument(`A reason has at most ${longestReason} characters.`);
  if (text.includes("\0")) throw invalidArgument("A reason is text.");
  return text;
}
