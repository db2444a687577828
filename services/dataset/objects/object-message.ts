import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type DatasetObjectSchema, Gear, type Provenance, ProvenanceSchema, TrackState } from "../../../proto/index.js";

type ObjectInit = MessageInitShape<typeof DatasetObjectSchema>;

/** An object at one of its revisions, with what its mask's revision has. */
export interface StateRow {
  readonly id: bigint;
  readonly picture: bigint;
  readonly label: number;
  readonly state: number;
  readonly revision: number;
  readonly gear: number;
  readonly person: string;
  readonly at: Date;
  readonly seconds: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly area: number;
  readonly reason: string;
  readonly attributes: Record<string, string>;
  /** Null: of none. */
  readonly track: bigint | null;
  readonly followed: number;
  readonly provenance: Buffer | null;
  /** Null when it was not asked for. */
  readonly prompts: Buffer | null;
  /** Null when it was not asked for. */
  readonly counts: string | null;
  /** The picture's, in pixels. */
  readonly rows: number;
  readonly columns: number;
}

export function objectMessage(row: StateRow): ObjectInit {
  const { id, picture, label, state, revision, x, y, width, height, area, reason, attributes, track, counts } = row;
  return {
    id,
    picture,
    label,
    ...(counts === null ? {} : { rle: { size: [row.rows, row.columns], counts } }),
    bbox: { x, y, width, height },
    area,
    state,
    revision,
    provenance: provenanceOf(row),
    reason,
    attributes,
    track: track ?? 0n,
  };
}

function provenanceOf({ provenance, prompts, gear, person, at, seconds, revision, followed }: StateRow): Provenance {
  const kept = provenance === null ? create(ProvenanceSchema) : fromBinary(ProvenanceSchema, provenance);
  if (prompts !== null) kept.prompts = fromBinary(ProvenanceSchema, prompts).prompts;
  const known = { gear, person, at: timestampFromDate(at), seconds, replaced: revision - 1, trackState: followed };
  return Object.assign(kept, known);
}

/** The part of it that stays with the mask, and its prompts, which are many bytes and seldom asked for. */
export function keptProvenance(provenance: Provenance = create(ProvenanceSchema)): {
  provenance: Buffer;
  prompts: Buffer | null;
} {
  const { prompts } = provenance;
  const apart = { gear: Gear.UNSPECIFIED, person: "", seconds: 0, replaced: 0, trackState: TrackState.UNSPECIFIED };
  const kept = { ...provenance, prompts: [], ...apart };
  delete kept.at;
  return {
    provenance: bytesOf(kept),
    prompts: prompts.length === 0 ? null : bytesOf(create(ProvenanceSchema, { prompts })),
  };
}

const bytesOf = (message: Provenance) => Buffer.from(toBinary(ProvenanceSchema, message));
