import { type Kysely, sql } from "kysely";

/**
 * The first tables.
 *
 * - What others refer to a million times has a key of 4 or 8 bytes; a data set's UUID is in one row.
 * - `objects` is what an object is now, narrow, for questions; masks are in `object_revisions`, which only grows, once a mask:
 *   a revision that keeps the mask names the one that has it (`shape`).
 * - `change` counts all changes: a version is a number, and what it holds are the last revisions up to that.
 * - Counts are kept by triggers, once a statement and in one order, so that whoever writes they are right.
 */
const tables = `
create sequence changes;

create table datasets (
  key int generated always as identity primary key,
  id uuid not null unique,
  tenant text not null,
  name text not null,
  description text not null,
  revision int not null default 1,
  next_label int not null default 1,
  created_at timestamptz not null default now(),
  created_by text not null,
  deleted_at timestamptz
);
create unique index datasets_by_name on datasets (tenant, name) where deleted_at is null;

create table labels (
  dataset int not null references datasets on delete cascade,
  id int not null,
  place int not null,
  name text not null,
  colour text not null,
  hot_key text not null,
  parent int not null,
  primary key (dataset, id)
);

create table versions (
  dataset int not null references datasets on delete cascade,
  number int not null,
  description text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  pictures int not null,
  objects int not null,
  labels jsonb not null,
  at_change bigint not null,
  primary key (dataset, number)
);

create table pictures (
  id bigint generated always as identity primary key,
  dataset int not null,
  image_id text not null,
  width int not null,
  height int not null,
  reading jsonb,
  bytes bigint not null,
  media_type text not null,
  name text not null,
  split text not null,
  attributes jsonb not null default '{}',
  state smallint not null,
  revision int not null default 1,
  added_at timestamptz not null default now(),
  added_by text not null,
  deleted boolean not null default false,
  held_by text,
  held_until timestamptz,
  objects int not null default 0,
  proposed int not null default 0,
  to_review int not null default 0,
  accepted int not null default 0,
  rejected int not null default 0
) with (fillfactor = 75);
create unique index pictures_by_name on pictures (dataset, name) where not deleted;
create index pictures_in_order on pictures (dataset, id) where not deleted;
create index pictures_by_state on pictures (dataset, state, id) where not deleted;
create index pictures_by_image on pictures (image_id);

create table picture_revisions (
  picture bigint not null,
  revision int not null,
  dataset int not null,
  name text not null,
  split text not null,
  attributes jsonb not null default '{}',
  state smallint not null,
  deleted boolean not null,
  person text not null,
  at timestamptz not null default now(),
  change bigint not null default nextval('changes'),
  primary key (dataset, picture, revision)
);

create table objects (
  id bigint generated always as identity primary key,
  dataset int not null,
  picture bigint not null,
  label int not null,
  state smallint not null,
  revision int not null default 1,
  shape int not null default 1,
  gear smallint not null,
  x int not null,
  y int not null,
  width int not null,
  height int not null,
  area int not null,
  seconds real not null,
  at timestamptz not null default now(),
  maker text not null,
  person text not null,
  reason text not null,
  attributes jsonb not null default '{}'
) with (fillfactor = 90);
create index objects_by_picture on objects (dataset, picture, id);
create index objects_that_wait on objects (dataset, state, id) where state in (1, 2);

create table object_revisions (
  picture bigint not null,
  object bigint not null,
  revision int not null,
  dataset int not null,
  change bigint not null default nextval('changes'),
  at timestamptz not null default now(),
  label int not null,
  shape int not null,
  x int not null,
  y int not null,
  width int not null,
  height int not null,
  area int not null,
  seconds real not null,
  kind smallint not null,
  state smallint not null,
  gear smallint not null,
  maker text not null,
  person text not null,
  judged text,
  reason text not null,
  attributes jsonb not null default '{}',
  counts text,
  provenance bytea,
  prompts bytea,
  primary key (picture, object, revision)
);
create index work_of_people on object_revisions (dataset, at) include (kind, label, person, judged, state, seconds)
  where kind in (1, 3);

create table picture_facets (
  picture bigint not null,
  dataset int not null,
  label int not null,
  state smallint not null,
  gear smallint not null,
  maker text not null,
  person text not null,
  objects int not null,
  primary key (picture, label, state, gear, maker, person)
) with (fillfactor = 80);
create index facets_by_label on picture_facets (dataset, label, state, picture);

create table object_counts (
  dataset int not null,
  label int not null,
  state smallint not null,
  gear smallint not null,
  part smallint not null,
  objects bigint not null,
  primary key (dataset, label, state, gear, part)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table picture_counts (
  dataset int not null,
  state smallint not null,
  split text not null,
  part smallint not null,
  pictures bigint not null,
  primary key (dataset, state, split, part)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table change_keys (
  dataset int not null,
  person text not null,
  key text not null,
  object bigint not null,
  revision int not null,
  at timestamptz not null default now(),
  primary key (dataset, person, key)
);
create index change_keys_by_age on change_keys (at);

create table audits (
  id uuid primary key,
  dataset int not null references datasets on delete cascade,
  created_at timestamptz not null default now(),
  created_by text not null,
  seed numeric(20) not null,
  size int not null
);
create index audits_of_set on audits (dataset, created_at);

create table audit_items (
  audit uuid not null references audits on delete cascade,
  object bigint not null,
  picture bigint not null,
  place int not null,
  before int not null,
  after int,
  iou real,
  person text,
  at timestamptz,
  primary key (audit, object)
);
create index audit_items_in_order on audit_items (audit, place);

create table jobs (
  id uuid primary key,
  dataset int not null references datasets on delete cascade,
  work jsonb not null,
  state smallint not null,
  total bigint not null default 0,
  done bigint not null default 0,
  failed bigint not null default 0,
  objects bigint not null default 0,
  created_at timestamptz not null default now(),
  created_by text not null,
  started_at timestamptz,
  ended_at timestamptz,
  message text not null default '',
  bytes bigint not null default 0,
  file_name text not null default '',
  notes jsonb not null default '[]',
  key text
);
create index jobs_of_set on jobs (dataset, created_at);
create unique index jobs_by_key on jobs (dataset, key) where key is not null;

create table job_items (
  job uuid not null references jobs on delete cascade,
  item bigint not null,
  state smallint not null default 0,
  attempts int not null default 0,
  objects int not null default 0,
  reason text not null default '',
  ended_at timestamptz,
  primary key (job, item)
);
create index job_items_by_state on job_items (job, state, item);
create index job_items_by_end on job_items (job, ended_at) where ended_at is not null;

create table job_problems (
  id bigint generated always as identity primary key,
  job uuid not null references jobs on delete cascade,
  item bigint not null,
  file text not null,
  line int not null default 0,
  reason text not null,
  picture bigint
);
create index job_problems_of_job on job_problems (job, id);

create table replays (
  job uuid not null references jobs on delete cascade,
  object bigint not null,
  picture bigint not null,
  revision int not null,
  iou real not null,
  counts text not null,
  x int not null,
  y int not null,
  width int not null,
  height int not null,
  area int not null,
  provenance bytea not null,
  prompts bytea,
  accepted boolean not null default false,
  primary key (job, object)
);
create index replays_worst_first on replays (job, iou, object);
`;

/** Rows that a statement has added and taken away, as one signed list; a trigger has both only for an update. */
const signed = (columns: string, from: { added?: string; gone?: string }) =>
  [
    ...(from.added ? [`select ${columns}, 1 as n from added where ${from.added}`] : []),
    ...(from.gone ? [`select ${columns}, -1 as n from gone where ${from.gone}`] : []),
  ].join(" union all ");

const byOperation = (body: (has: { added: boolean; gone: boolean }) => string) => `
  if tg_op = 'INSERT' then ${body({ added: true, gone: false })};
  elsif tg_op = 'DELETE' then ${body({ added: false, gone: true })};
  else ${body({ added: true, gone: true })};
  end if;
  return null;`;

/** A statement that counts: `change` is what `with` begins. */
const countObjects = ({ added, gone }: { added: boolean; gone: boolean }) => {
  const there = "state <> 5";
  const columns = "dataset, picture, label, state, gear, maker, person";
  const rows = signed(columns, { ...(added ? { added: there } : {}), ...(gone ? { gone: there } : {}) });
  return `
    with delta as materialized (
      select ${columns}, sum(n)::int as n from (${rows}) as rows group by ${columns} having sum(n) <> 0
    ), locked as materialized (
      select id from pictures where id in (select picture from delta) order by id for no key update
    ), of_picture as (
      update pictures set objects = pictures.objects + d.n,
        proposed = pictures.proposed + d.proposed, to_review = pictures.to_review + d.to_review,
        accepted = pictures.accepted + d.accepted, rejected = pictures.rejected + d.rejected
      from (
        select delta.picture, sum(n) as n, coalesce(sum(n) filter (where state = 1), 0) as proposed,
          coalesce(sum(n) filter (where state = 2), 0) as to_review,
          coalesce(sum(n) filter (where state = 3), 0) as accepted,
          coalesce(sum(n) filter (where state = 4), 0) as rejected
        from delta join locked on locked.id = delta.picture group by delta.picture
      ) as d where pictures.id = d.picture
    ), of_facet as (
      insert into picture_facets (${columns}, objects)
      select ${columns}, n from delta order by picture, label, state, gear, maker, person
      on conflict (picture, label, state, gear, maker, person)
      do update set objects = picture_facets.objects + excluded.objects
    )
    insert into object_counts (dataset, label, state, gear, part, objects)
    select dataset, label, state, gear, picture % 16, sum(n) from delta group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (dataset, label, state, gear, part) do update set objects = object_counts.objects + excluded.objects`;
};

const countPictures = ({ added, gone }: { added: boolean; gone: boolean }) => {
  const there = "not deleted";
  const rows = signed("dataset, state, split, id % 16 as part", {
    ...(added ? { added: there } : {}),
    ...(gone ? { gone: there } : {}),
  });
  return `
    insert into picture_counts (dataset, state, split, part, pictures)
    select dataset, state, split, part, sum(n) from (${rows}) as rows
    group by 1, 2, 3, 4 having sum(n) <> 0 order by 1, 2, 3, 4
    on conflict (dataset, state, split, part) do update set pictures = picture_counts.pictures + excluded.pictures`;
};

const triggersOn = (table: string, routine: string) => `
create trigger counted_when_added after insert on ${table}
  referencing new table as added for each statement execute function ${routine}();
create trigger counted_when_changed after update on ${table}
  referencing new table as added old table as gone for each statement execute function ${routine}();
create trigger counted_when_gone after delete on ${table}
  referencing old table as gone for each statement execute function ${routine}();
`;

const counting = `
create function count_objects() returns trigger language plpgsql as $$ begin ${byOperation(countObjects)} end $$;
create function count_pictures() returns trigger language plpgsql as $$ begin ${byOperation(countPictures)} end $$;
${triggersOn("objects", "count_objects")}
${triggersOn("pictures", "count_pictures")}
`;

/** Masks are short texts of few letters: LZ4 makes them smaller in less time than PostgreSQL's own, where it was built with it. */
const compressing = `
do $$ begin
  if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
    alter table object_revisions alter column counts set compression lz4;
    alter table object_revisions alter column prompts set compression lz4;
    alter table replays alter column counts set compression lz4;
  end if;
end $$;
`;

export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw(tables).execute(db);
  await sql.raw(counting).execute(db);
  await sql.raw(compressing).execute(db);
}
