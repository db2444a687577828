import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Kysely, sql } from "kysely";
import {
  type DatasetStatisticsSchema,
  type GetStatisticsRequest,
  ObjectState,
  PictureState,
} from "../../../proto/index.js";
import type { Database } from "../database/database.js";
import { revisionKinds, type Schema } from "../database/schema.js";
import { findSet } from "../sets/find-set.js";
import type { Who } from "../who.js";
import { againstTruth } from "./against-truth.js";

/** Counts of sets, and the time that people's masks take. */
export class Statistics {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(who: Who, request: GetStatisticsRequest): Promise<MessageInitShape<typeof DatasetStatisticsSchema>> {
    const { db } = this.#database;
    const { key } = await findSet(db, who, request.dataset);
    const since = request.since ? timestampDate(request.since) : new Date(0);
    const pictures = await picturesBy(db, key);
    const { labels, states, objects } = await objectsBy(db, key);
    const times = await timesOf(db, key, since);
    const verdicts = await verdictsOf(db, key, since);
    const truth = await againstTruth(db, key);
    const videos = await videosIn(db, key);
    const people = [...new Set([...times.people.keys(), ...verdicts.keys(), ...truth.keys()])].sort();
    return {
      pictures: sum(pictures.values()),
      picturesDone: pictures.get(PictureState.DONE) ?? 0,
      picturesSkipped: pictures.get(PictureState.SKIPPED) ?? 0,
      objects,
      labels: labels.map((label) => ({
        ...label,
        ...secondsOf(times.labels.get(label.label)),
        tracks: videos.tracks.get(label.label) ?? 0,
      })),
      states,
      people: people.map((person) => ({
        person,
        masks: times.people.get(person)?.masks ?? 0,
        ...secondsOf(times.people.get(person)),
        ...(verdicts.get(person) ?? {}),
        ...(truth.get(person) ?? {}),
      })),
      days: times.days.map(({ day, person, masks, mean }) => ({ day, person, masks, meanSeconds: mean ?? 0 })),
      masksByPeople: times.all?.masks ?? 0,
      ...secondsOf(times.all),
      sequences: videos.sequences,
      frames: videos.frames,
      tracks: sum(videos.tracks.values()),
    };
  }
}

async function picturesBy(db: Kysely<Schema>, set: number): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom("picture_counts")
    .select(["state", (all) => all.fn.sum<string>("pictures").as("n")])
    .where("dataset", "=", set)
    .groupBy("state")
    .execute();
  return new Map(rows.map(({ state, n }) => [state, Number(n)]));
}

/** Sequences with their frames, and how many tracks each label has. */
async function videosIn(db: Kysely<Schema>, set: number) {
  const { rows } = await sql<{ sequences: bigint; frames: bigint }>`
    select count(*) as sequences,
      coalesce(sum((select count(*) from pictures p where p.sequence = s.id and not p.deleted)), 0)::bigint as frames
    from sequences s where s.dataset = ${set} and not s.deleted`.execute(db);
  const tracks = await db
    .selectFrom("tracks")
    .select(["label", (all) => all.fn.countAll<bigint>().as("n")])
    .where("dataset", "=", set)
    .where("deleted", "=", false)
    .groupBy("label")
    .execute();
  const { sequences = 0n, frames = 0n } = rows[0] ?? {};
  return {
    sequences: Number(sequences),
    frames: Number(frames),
    tracks: new Map(tracks.map(({ label, n }) => [label, Number(n)])),
  };
}

/** How many objects each label has. */
export async function labelCounts(db: Kysely<Schema>, who: Who, dataset: string) {
  const { key } = await findSet(db, who, dataset);
  return (await objectsBy(db, key)).labels;
}

/** As the database has counted them. */
async function objectsBy(db: Kysely<Schema>, set: number) {
  const rows = await db
    .selectFrom("object_counts")
    .select(["label", "state", "gear", (all) => all.fn.sum<string>("objects").as("n")])
    .where("dataset", "=", set)
    .groupBy(["label", "state", "gear"])
    .having((all) => all.fn.sum("objects"), ">", 0)
    .orderBy("label")
    .orderBy("state")
    .orderBy("gear")
    .execute();
  const counts = rows.map(({ n, ...rest }) => ({ ...rest, objects: Number(n) }));
  const labels = groupedBy(counts, ({ label }) => label);
  const states = groupedBy(counts, ({ state, gear }) => `${state} ${gear}`);
  const total = (some: readonly { objects: number }[]) => sum(some.map(({ objects }) => objects));
  return {
    objects: total(counts),
    labels: [...labels].map(([label, some]) => ({
      label,
      objects: total(some),
      accepted: total(some.filter(({ state }) => state === ObjectState.ACCEPTED)),
    })),
    states: [...states.values()].map((some) => ({
      state: some[0]?.state ?? 0,
      gear: some[0]?.gear ?? 0,
      objects: total(some),
    })),
  };
}

/** Of masks that people made: how many, and the seconds of those whose time is known. */
interface Times {
  readonly masks: number;
  readonly mean: number | null;
  readonly median: number | null;
}

async function timesOf(db: Kysely<Schema>, set: number, since: Date) {
  const { rows } = await sql<Times & { what: number; person: string | null; label: number | null; day: string | null }>`
    select grouping(person, label, day) as what, person, label, day, count(*)::int as masks,
      avg(seconds) filter (where seconds > 0) as mean,
      percentile_cont(0.5) within group (order by seconds) filter (where seconds > 0) as median
    from (
      select person, label, to_char(at at time zone 'UTC', 'YYYY-MM-DD') as day, seconds from object_revisions
      where dataset = ${set} and at >= ${since} and kind in (1, 3) and kind = ${revisionKinds.made}
    ) made
    group by grouping sets ((), (person), (label), (day, person)) order by day, person`.execute(db);
  const of = (what: number) => rows.filter((row) => row.what === what);
  return {
    all: of(0b111)[0],
    people: new Map(of(0b011).map((row) => [row.person ?? "", row])),
    labels: new Map(of(0b101).map((row) => [row.label ?? 0, row])),
    days: of(0b010).map((row) => ({ ...row, day: row.day ?? "", person: row.person ?? "" })),
  };
}

async function verdictsOf(db: Kysely<Schema>, set: number, since: Date) {
  const { rows } = await sql<{ person: string; accepted: number; rejected: number; reviewed: number }>`
    select person, sum(accepted)::int as accepted, sum(rejected)::int as rejected, sum(reviewed)::int as reviewed from (
      select judged as person, (state = ${ObjectState.ACCEPTED})::int as accepted, (state = ${ObjectState.REJECTED})::int as rejected,
        0 as reviewed
      from object_revisions where dataset = ${set} and at >= ${since} and kind in (1, 3) and kind = ${revisionKinds.judged}
      union all
      select person, 0, 0, 1
      from object_revisions where dataset = ${set} and at >= ${since} and kind in (1, 3) and kind = ${revisionKinds.judged}
    ) verdicts group by person`.execute(db);
  return new Map(rows.map(({ person, ...counts }) => [person, counts]));
}

function groupedBy<T, Key>(all: readonly T[], keyOf: (one: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const secondsOf = (times: Times | undefined) => ({
  meanSeconds: times?.mean ?? 0,
  medianSeconds: times?.median ?? 0,
});

const sum = (all: Iterable<number>) => [...all].reduce((a, b) => a + b, 0);
