import { type Kysely, sql } from "kysely";

/**
 * What imports and exports leave.
 *
 * - Objects by the file and the id that they came from: a corrected file changes them. `content` digests what they were there,
 *   `revision` is what the import made of them, `made_by` the job that did, `seen_by` the last that read them, and `seen` what
 *   it found first: what a job has decided stands when it begins again, and an id that its file has twice is known by that.
 * - Files that are arriving for imports whose job is not there yet: what is left of one that never came is deleted.
 * - When an export's file goes.
 */
const tables = `
create table import_identities (
  dataset int not null references datasets on delete cascade,
  picture bigint not null,
  identity bytea not null,
  object bigint not null,
  revision int not null,
  content bytea not null,
  made_by uuid not null,
  seen_by uuid not null,
  seen bytea not null,
  primary key (dataset, picture, identity)
);

create table arriving_files (
  job uuid primary key,
  tenant text not null,
  at timestamptz not null default now()
);

create index exports_by_end on jobs (ended_at) where bytes > 0;
`;

export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(tables).execute(db);
}
