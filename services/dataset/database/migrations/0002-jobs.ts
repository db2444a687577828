import { type Kysely, sql } from "kysely";

/**
 * What jobs need besides.
 *
 * - A claim says which process has a message of the queue: what one had that has ended goes back at once, not when its time is over.
 * - What was imported, by a digest of the file's name, the id that it has there, its label and its mask: a second run finds it and
 *   makes nothing twice.
 */
const tables = `
alter table jobs add column pace text not null default 'pictures';
alter table jobs add column planned boolean not null default false;

create table job_claims (
  message uuid primary key,
  pace text not null,
  job uuid not null,
  item bigint not null,
  holder int not null
);
create index job_claims_by_holder on job_claims (holder);

create table imported (
  dataset int not null references datasets on delete cascade,
  picture bigint not null,
  source bytea not null,
  primary key (dataset, picture, source)
);
`;

export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(tables).execute(db);
}
