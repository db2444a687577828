import { type Kysely, sql } from "kysely";

/**
 * Videos: pictures in order, and objects over them.
 *
 * - A picture's place is in its own row, so that it has one at most; a deleted one's is free. Objects know their track alike.
 * - Places and tracks are in the revisions too, and sequences and tracks have revisions of their own: a version shows them as they were.
 */
const tables = `
create table sequences (
  id bigint generated always as identity primary key,
  dataset int not null references datasets on delete cascade,
  name text not null,
  frame_rate real not null,
  split text not null,
  revision int not null default 1,
  created_at timestamptz not null default now(),
  created_by text not null,
  deleted boolean not null default false
);
create unique index sequences_by_name on sequences (dataset, name) where not deleted;

create table sequence_revisions (
  dataset int not null,
  sequence bigint not null,
  revision int not null,
  name text not null,
  frame_rate real not null,
  split text not null,
  deleted boolean not null,
  person text not null,
  at timestamptz not null default now(),
  change bigint not null default nextval('changes'),
  primary key (dataset, sequence, revision)
);

create table tracks (
  id bigint generated always as identity primary key,
  dataset int not null references datasets on delete cascade,
  sequence bigint not null,
  name text not null,
  label int not null,
  revision int not null default 1,
  deleted boolean not null default false
);
create unique index tracks_by_name on tracks (sequence, name) where not deleted;
create index tracks_of_set on tracks (dataset, sequence, id) where not deleted;

create table track_revisions (
  dataset int not null,
  track bigint not null,
  revision int not null,
  name text not null,
  label int not null,
  deleted boolean not null,
  person text not null,
  at timestamptz not null default now(),
  change bigint not null default nextval('changes'),
  primary key (dataset, track, revision)
);

alter table pictures add column sequence bigint, add column frame int, add column time_ms bigint;
create unique index pictures_by_place on pictures (sequence, frame) where sequence is not null and not deleted;
alter table picture_revisions add column sequence bigint, add column frame int, add column time_ms bigint;
create index picture_revisions_of_sequence on picture_revisions (sequence, picture) where sequence is not null;

alter table objects add column track bigint, add column followed smallint not null default 0;
create unique index objects_by_track on objects (track, picture) where track is not null and state <> 5;
alter table object_revisions add column track bigint, add column followed smallint not null default 0;
`;

export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(tables).execute(db);
}
