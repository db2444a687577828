import type { ColumnType, Generated, JSONColumnType } from "kysely";

/*
 * The tables, as kysely knows them; `migrations/` makes them and says what is kept how. Columns have the names of the contract's
 * fields where they are those. Enums are the contract's numbers.
 */

/** 64 bits: a bigint when it is read. */
type Int8 = ColumnType<bigint, bigint | number, bigint | number>;
/** Given by the database where nobody says it. */
type Moment = ColumnType<Date, Date | undefined, Date>;
/** Counted up by the database. */
type Change = ColumnType<bigint, undefined, never>;
/** Names and their values. */
type Attributes = JSONColumnType<Record<string, string>, string | undefined, string>;

interface DatasetTable {
  /** What other tables know it by: a quarter of its id. */
  key: Generated<number>;
  id: string;
  /** Empty: of nobody in particular. */
  tenant: string;
  name: string;
  description: string;
  revision: Generated<number>;
  /** The number of the label that is made next. */
  next_label: Generated<number>;
  created_at: Moment;
  created_by: string;
  /** Since then nobody sees it; its rows go one portion at a time. */
  deleted_at: Date | null;
}

interface LabelTable {
  dataset: number;
  id: number;
  /** In its set's order, from 0. */
  place: number;
  name: string;
  colour: string;
  hot_key: string;
  /** 0: none. */
  parent: number;
}

interface VersionTable {
  dataset: number;
  number: number;
  description: string;
  created_at: Moment;
  created_by: string;
  pictures: number;
  objects: number;
  /** `Label` messages as JSON. */
  labels: JSONColumnType<object[], string, never>;
  /** It holds what was changed by then: the largest `change` of its rows. */
  at_change: Int8;
}

interface SequenceTable {
  id: Generated<bigint>;
  dataset: number;
  name: string;
  frame_rate: number;
  split: string;
  revision: Generated<number>;
  created_at: Moment;
  created_by: string;
  /** Kept for versions; its name is free. */
  deleted: Generated<boolean>;
}

interface SequenceRevisionTable {
  dataset: number;
  sequence: Int8;
  revision: number;
  name: string;
  frame_rate: number;
  split: string;
  deleted: boolean;
  person: string;
  at: Moment;
  change: Change;
}

interface TrackTable {
  id: Generated<bigint>;
  dataset: number;
  sequence: Int8;
  name: string;
  /** All of its objects have it. */
  label: number;
  revision: Generated<number>;
  deleted: Generated<boolean>;
}

interface TrackRevisionTable {
  dataset: number;
  track: Int8;
  revision: number;
  name: string;
  label: number;
  deleted: boolean;
  person: string;
  at: Moment;
  change: Change;
}

/** A picture's place in a sequence; null: it is in none. */
interface Place {
  sequence: ColumnType<bigint | null, bigint | null | undefined, bigint | null>;
  frame: ColumnType<number | null, number | null | undefined, number | null>;
  /** From the video's beginning. */
  time_ms: ColumnType<bigint | null, bigint | number | null | undefined, bigint | number | null>;
}

interface PictureTable extends Place {
  id: Generated<bigint>;
  dataset: number;
  image_id: string;
  width: number;
  height: number;
  /** `PictureReading` as JSON. */
  reading: JSONColumnType<object, string | null, string | null> | null;
  bytes: Int8;
  media_type: string;
  name: string;
  split: string;
  attributes: Attributes;
  state: number;
  revision: Generated<number>;
  added_at: Moment;
  added_by: string;
  /** Kept for versions; its name is free. */
  deleted: Generated<boolean>;
  held_by: string | null;
  held_until: Date | null;
  /** Counted by the database when objects change. */
  objects: Generated<number>;
  proposed: Generated<number>;
  to_review: Generated<number>;
  accepted: Generated<number>;
  rejected: Generated<number>;
}

/** Files that no data set of the tenant has any more, until they are deleted. */
interface LeftPictureTable {
  tenant: string;
  image_id: string;
}

interface PictureRevisionTable extends Place {
  picture: Int8;
  revision: number;
  dataset: number;
  name: string;
  split: string;
  attributes: Attributes;
  state: number;
  deleted: boolean;
  person: string;
  at: Moment;
  change: Change;
}

/** Null: of none. */
type Track = ColumnType<bigint | null, bigint | null | undefined, bigint | null>;

/** What an object is now, without its mask and how that came about. */
interface ObjectTable {
  id: Generated<bigint>;
  dataset: number;
  picture: Int8;
  label: number;
  state: number;
  revision: Generated<number>;
  /** The revision that has the mask. */
  shape: Generated<number>;
  gear: number;
  /** Whose revision the mask is. */
  maker: string;
  /** Whose revision this is. */
  person: string;
  at: Moment;
  seconds: number;
  x: number;
  y: number;
  width: number;
  height: number;
  area: number;
  reason: string;
  attributes: Attributes;
  track: Track;
  /** `TrackState` of a mask that was followed to its picture; 0: it was not. */
  followed: Generated<number>;
}

/** What a revision was, for statistics. `made`: a person has made the mask; `brought`: a job or an import has. */
export const revisionKinds = { made: 1, changed: 2, judged: 3, takenBack: 4, deleted: 5, brought: 6 } as const;

/** Every state of every object, and its masks. */
interface ObjectRevisionTable {
  picture: Int8;
  object: Int8;
  revision: number;
  dataset: number;
  /** See `revisionKinds`. */
  kind: number;
  label: number;
  state: number;
  shape: number;
  gear: number;
  maker: string;
  person: string;
  at: Moment;
  seconds: number;
  /** Whose work a verdict is about. */
  judged: string | null;
  reason: string;
  attributes: Attributes;
  /** COCO's counts; their size is the picture's. Null where the mask is an earlier revision's, `shape`. */
  counts: string | null;
  x: number;
  y: number;
  width: number;
  height: number;
  area: number;
  /** `Provenance` of the mask, in bytes, without prompts; null as `counts`. */
  provenance: Buffer | null;
  /** `Provenance` with nothing but prompts; null as `counts`, or without any. */
  prompts: Buffer | null;
  track: Track;
  /** `TrackState` of a mask that was followed to its picture; 0: it was not. */
  followed: Generated<number>;
  change: Change;
}

/** How many objects of a picture are alike. Kept by the database. */
interface PictureFacetTable {
  picture: Int8;
  dataset: number;
  label: number;
  state: number;
  gear: number;
  maker: string;
  person: string;
  objects: number;
}

/** How many objects of a set are alike, in parts that are summed: so that not all who save wait for one row. Kept by the database. */
interface ObjectCountTable {
  dataset: number;
  label: number;
  state: number;
  gear: number;
  part: number;
  objects: Int8;
}

/** The pictures of a set that one of each 1,024 ids has, so that what lies before one is known without counting. Kept by the database. */
interface PictureCountTable {
  dataset: number;
  state: number;
  split: string;
  part: number;
  pictures: Int8;
}

/** Changes of objects that were answered, for a day. */
interface ChangeKeyTable {
  dataset: number;
  person: string;
  key: string;
  object: Int8;
  revision: number;
  at: Moment;
}

interface AuditTable {
  id: string;
  dataset: number;
  created_at: Moment;
  created_by: string;
  seed: string;
  size: number;
}

interface AuditItemTable {
  audit: string;
  object: Int8;
  picture: Int8;
  /** In the sample's order, from 0. */
  place: number;
  before: number;
  /** Null: it waits. */
  after: number | null;
  iou: number | null;
  person: string | null;
  at: Date | null;
}

interface JobTable {
  id: string;
  dataset: number;
  /** `JobWork` as JSON. */
  work: JSONColumnType<object, string, string>;
  state: number;
  total: Generated<bigint>;
  done: Generated<bigint>;
  failed: Generated<bigint>;
  objects: Generated<bigint>;
  created_at: Moment;
  created_by: string;
  started_at: Date | null;
  ended_at: Date | null;
  message: Generated<string>;
  bytes: Generated<bigint>;
  file_name: Generated<string>;
  notes: JSONColumnType<string[], string | undefined, string>;
  /** The caller's own; null: none. */
  key: string | null;
  /** "pictures": an item each; "whole": one item. */
  pace: Generated<string>;
  /** All of its items are known. */
  planned: Generated<boolean>;
  /** Of whoever started it: `StarterLimits` as JSON. */
  limits: JSONColumnType<object, string | undefined, string>;
  /** It waits until then for one of them; null: for none. */
  held_until: Date | null;
}

/** One picture, line range or file of a job. */
interface JobItemTable {
  job: string;
  item: Int8;
  /** 0: waits; 1: done; 2: failed; 3: in the queue, or under way. */
  state: Generated<number>;
  attempts: Generated<number>;
  objects: Generated<number>;
  reason: Generated<string>;
  ended_at: Date | null;
}

/** Which process has a message of the queue. */
interface JobClaimTable {
  message: string;
  pace: string;
  job: string;
  item: Int8;
  holder: number;
}

/** What was imported already. */
interface ImportedTable {
  dataset: number;
  picture: Int8;
  source: Buffer;
}

/** Which object came from which of a file's. */
interface ImportIdentityTable {
  dataset: number;
  picture: Int8;
  identity: Buffer;
  object: Int8;
  /** What the import made of it. */
  revision: number;
  /** A digest of what it was there. */
  content: Buffer;
  /** The jobs that made it that, and that read it last. */
  made_by: string;
  seen_by: string;
  /** A digest of what the last found there first. */
  seen: Buffer;
}

/** Files whose job is not there yet. */
interface ArrivingFileTable {
  job: string;
  tenant: string;
  at: Moment;
}

interface JobProblemTable {
  id: Generated<bigint>;
  job: string;
  item: Int8;
  file: string;
  line: Generated<number>;
  reason: string;
  picture: Int8 | null;
}

interface ReplayTable {
  job: string;
  object: Int8;
  picture: Int8;
  /** The revision whose prompts were asked again. */
  revision: number;
  iou: number;
  counts: string;
  x: number;
  y: number;
  width: number;
  height: number;
  area: number;
  provenance: Buffer;
  prompts: Buffer | null;
  accepted: Generated<boolean>;
}

export interface Schema {
  datasets: DatasetTable;
  labels: LabelTable;
  versions: VersionTable;
  pictures: PictureTable;
  left_pictures: LeftPictureTable;
  picture_revisions: PictureRevisionTable;
  sequences: SequenceTable;
  sequence_revisions: SequenceRevisionTable;
  tracks: TrackTable;
  track_revisions: TrackRevisionTable;
  objects: ObjectTable;
  object_revisions: ObjectRevisionTable;
  picture_facets: PictureFacetTable;
  object_counts: ObjectCountTable;
  picture_counts: PictureCountTable;
  change_keys: ChangeKeyTable;
  audits: AuditTable;
  audit_items: AuditItemTable;
  jobs: JobTable;
  job_items: JobItemTable;
  job_problems: JobProblemTable;
  job_claims: JobClaimTable;
  imported: ImportedTable;
  import_identities: ImportIdentityTable;
  arriving_files: ArrivingFileTable;
  replays: ReplayTable;
}
