import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sql } from "kysely";
import pino from "pino";
import {
  GetStatisticsRequestSchema,
  ListObjectsRequestSchema,
  ListPicturesRequestSchema,
  NextPicturesRequestSchema,
  NextReviewsRequestSchema,
  type ObjectChangeSchema,
  ObjectState,
  PictureFilterSchema,
  PictureState,
  SaveObjectsRequestSchema,
} from "../../proto/index.js";
import { Database } from "../../services/dataset/database/database.js";
import { Objects } from "../../services/dataset/objects/objects.js";
import { pageToken } from "../../services/dataset/pages.js";
import { NextPictures } from "../../services/dataset/pictures/next-pictures.js";
import { Pictures } from "../../services/dataset/pictures/pictures.js";
import { Reviews } from "../../services/dataset/review/reviews.js";
import { labelCounts, Statistics } from "../../services/dataset/statistics/statistics.js";
import { carry } from "./dataset/carry.js";
import { addMore, dataset, fill, size, who } from "./dataset/fill.js";
import { serverMemory } from "./dataset/server-memory.js";
import { numbersFrom, wobblyMasks } from "./dataset/wobbly-masks.js";
import { optionLines, readOptions } from "./options.js";
import { atLeast, atMost, type Bar, type Outcome, round, type Suite } from "./report.js";
import { p50p95 } from "./statistics.js";

const options = {
  pictures: { value: 100_000, what: "pictures in the set" },
  objects: { value: 5_000_000, what: "objects in it" },
  added: { value: 50_000, what: "objects that are added to it as jobs do it, which is measured" },
  asks: { value: 200, what: "how often each question is asked" },
};

export const suite: Suite = {
  title: "Data sets: a PostgreSQL of one's own, filled as jobs fill it, then asked what pages ask",
  options: [
    optionLines(options),
    "  --url=URL                a server that runs, and an empty database of it, instead",
    "  --folder=FOLDER          fills the set there and leaves it, or asks what another run has left there",
  ].join("\n"),
  run: async (say, args) => {
    const { numbers, texts } = readOptions(args, options, ["url=", "folder="]);
    const above = mkdtempSync(join(tmpdir(), "maskwire-bench-"));
    chmodSync(above, 0o755);
    const folder = texts.folder === undefined ? join(above, "database") : resolve(texts.folder);
    try {
      const starts = texts.url === undefined ? await startTwice(join(above, "empty")) : undefined;
      return await measure({ ...numbers, starts, url: texts.url, folder }, say);
    } finally {
      rmSync(above, { recursive: true, force: true });
    }
  },
};

interface Measured {
  readonly pictures: number;
  readonly objects: number;
  readonly added: number;
  readonly asks: number;
  /** Seconds, of a database of our own. */
  readonly starts: { readonly first: number; readonly later: number } | undefined;
  readonly url: string | undefined;
  readonly folder: string;
}

const open = (folder: string, url?: string) =>
  Database.open({ url, folder, connections: 8, statementMs: 600_000 }, pino({ level: "silent" }));

async function startTwice(folder: string) {
  const first = await timed(() => open(folder));
  await first.result.close();
  const later = await timed(() => open(folder));
  await later.result.close();
  return { first: first.ms / 1000, later: later.ms / 1000 };
}

async function measure(measured: Measured, say: (line: string) => void): Promise<Outcome> {
  const { folder, url, asks, starts, ...wanted } = measured;
  await using database = await open(folder, url);
  const ids = await fill(database, wanted, say);
  const added = await addMore(database, ids, wanted.added);
  say(`added: ${Math.round(added.objectsPerSecond)} objects a second`);
  const carried = await carry(database, wanted.added);
  const [few, many] = carried.memory;
  // As the server does by itself once it has the time.
  await sql`vacuum analyze`.execute(database.db);
  const bytes = await bytesOf(database);
  say(`filled: ${Math.round(bytes.all / 2 ** 20)} MiB`);
  const figures: Record<string, { p50: number; p95: number }> = {};
  const bars: Bar[] = [];
  for (const [name, ask, isBar] of await questions(database, ids)) {
    const times: number[] = [];
    // The first of each kind reads what nobody has asked for yet; it counts too.
    for (let at = 0; at < asks; at++) times.push((await timed(() => ask(at))).ms);
    const figure = p50p95(times);
    figures[name] = figure;
    say(`${name}: ${figure.p50} ms, p95 ${figure.p95} ms`);
    if (isBar) bars.push(atMost(`${name}, p95`, figure.p95, 50, "ms"));
  }
  const memory = url === undefined ? serverMemory(join(folder, "data")) : undefined;
  const [early, late] = added.memory;
  return {
    bars: [
      ...(starts ? [atMost("first start", starts.first, 3, "s"), atMost("later start", starts.later, 0.5, "s")] : []),
      ...(memory === undefined ? [] : [atMost("the server's memory", memory, 150, "MiB")]),
      ...bars,
      atLeast("objects added", added.objectsPerSecond, 2000, "a second"),
      atLeast("objects imported", carried.imported, 2000, "a second"),
      atLeast("objects imported once more", carried.repeated, 2000, "a second"),
      atLeast("objects exported", carried.exported, 2000, "a second"),
      atMost("this process's memory, while the rest is imported and a fifth", many / few, 1.25, "x"),
      atMost("this process's memory, after all objects and after a fifth", late / early, 1.25, "x"),
    ],
    detail: {
      asked: { ...wanted, asks },
      "milliseconds of a question": figures,
      "this process, MiB": { "after a fifth": round(early), "after all": round(late) },
      "bytes an object": Object.fromEntries(
        Object.entries(bytes).map(([table, all]) => [table, round(all / wanted.objects)]),
      ),
    },
  };
}

type Question = readonly [name: string, ask: (at: number) => Promise<unknown>, isBar: boolean];

async function questions(database: Database, ids: readonly bigint[]): Promise<Question[]> {
  const next = numbersFrom(11);
  const anyId = () => ids[Math.floor(next() * ids.length)] as bigint;
  const masks = wobblyMasks(50, size, next);
  const pictures = new Pictures(database);
  const nextPictures = new NextPictures(database);
  const objects = new Objects(database);
  const statistics = new Statistics(database);
  const reviews = new Reviews(database);
  const some = Array.from({ length: 100 }, anyId);
  const { objects: known = [] } = await objects.list(
    who,
    create(ListObjectsRequestSchema, { dataset, pictures: some, pageSize: 1000, brief: true }),
  );
  const open = create(PictureFilterSchema, { states: [PictureState.OPEN] });
  const rare = create(PictureFilterSchema, { labels: [20], objectStates: [ObjectState.TO_REVIEW] });
  const page = (filter?: typeof open) =>
    pictures.list(
      who,
      create(ListPicturesRequestSchema, { dataset, page: pageToken([anyId()]), ...(filter && { filter }) }),
    );
  const go = (filter?: typeof open) =>
    nextPictures.next(
      { ...who, person: `p${Math.floor(next() * 10)}` },
      create(NextPicturesRequestSchema, { dataset, after: anyId(), hold: true, ...(filter && { filter }) }),
    );
  const save = (key: string, change: MessageInitShape<typeof ObjectChangeSchema>) =>
    objects.save(who, create(SaveObjectsRequestSchema, { dataset, changes: [{ key, ...change }] as never }));
  const mask = () => masks[Math.floor(next() * masks.length)] as (typeof masks)[number];
  return [
    ["the way there and back (baseline)", () => sql`select 1`.execute(database.db), false],
    [
      "one commit, to the disk (baseline)",
      () => sql`select pg_logical_emit_message(true, 'bench', 'x')`.execute(database.db),
      false,
    ],
    ["page of pictures", () => page(), true],
    ["page of pictures, one state", () => page(open), true],
    ["page of pictures, a label that waits", () => page(rare), false],
    ["next picture", () => go(), true],
    ["next picture, one state", () => go(open), true],
    ["next picture, a label that waits", () => go(rare), false],
    [
      "objects of a picture",
      () => objects.list(who, create(ListObjectsRequestSchema, { dataset, pictures: [anyId()] })),
      false,
    ],
    ["counts per label", () => labelCounts(database.db, who, dataset), true],
    [
      "save of a new object",
      (at) => save(`new ${at}`, { change: { case: "create", value: { picture: anyId(), label: 1, rle: mask() } } }),
      true,
    ],
    [
      "save of an object that is there",
      (at) => {
        const { id = 0n, revision = 0 } = known[at % known.length] ?? {};
        const patch = { label: 2, rle: mask() };
        return save(`changed ${at}`, { object: id, revision, change: { case: "patch", value: patch } });
      },
      true,
    ],
    ["next reviews", () => reviews.next(who, create(NextReviewsRequestSchema, { dataset })), false],
    ["all statistics", () => statistics.get(who, create(GetStatisticsRequestSchema, { dataset })), false],
  ];
}

/** Of each table with its indexes, and of all. */
async function bytesOf(database: Database): Promise<Record<string, number> & { all: number }> {
  const { rows } = await sql<{ name: string; bytes: bigint }>`
    select relname as name, pg_table_size(oid) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname in ('objects', 'object_revisions', 'picture_facets')
    union all
    select relname || ', indexes', pg_indexes_size(oid) from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname in ('objects', 'object_revisions', 'picture_facets')
    union all select 'counts of a mask', coalesce(sum(octet_length(counts)), 0)::bigint from object_revisions
    order by 1`.execute(database.db);
  const { rows: whole } = await sql<{ bytes: bigint }>`select pg_database_size(current_database()) as bytes`.execute(
    database.db,
  );
  return { ...Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)])), all: Number(whole[0]?.bytes) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}
