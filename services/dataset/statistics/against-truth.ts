import { type Kysely, sql } from "kysely";
import { decodeRle, type MaskBox, type MaskRuns, ObjectState, rleIou } from "../../../proto/index.js";
import { Turns } from "../../runtime/turns.js";
import type { Schema } from "../database/schema.js";

/** The attribute that names the picture with the true masks. */
const attribute = "ground-truth";
/** The newest of them: what is asked often has to be answered soon. */
const mostPictures = 500;
/** Of one picture, the first of them: each is held against each of the other's. */
const mostObjects = 500;

interface Candidate extends MaskBox {
  readonly label: number;
  readonly maker: string;
  readonly area: number;
  readonly counts: string;
  readonly rows: number;
  readonly columns: number;
}

interface TruthScore {
  readonly againstTruth: number;
  readonly truthIou: number;
}

/**
 * How good people are where the truth is known, and they do not know where that is: of each object of a picture with true masks the best
 * IoU with one of these of its label, or of any where the true one has none. By person.
 */
export async function againstTruth(db: Kysely<Schema>, set: number): Promise<Map<string, TruthScore>> {
  const pairs = await pairsOf(db, set);
  const scores = new Map<string, number[]>();
  const turns = new Turns();
  for (const pair of pairs) {
    const truth = (await masksOf(db, set, pair.truth)).map(readable);
    for (const one of (await masksOf(db, set, pair.picture)).map(readable)) {
      const all = scores.get(one.maker) ?? [];
      all.push(await bestIou(one, truth, turns));
      scores.set(one.maker, all);
    }
  }
  return new Map(
    [...scores].map(([person, all]) => [
      person,
      { againstTruth: all.length, truthIou: all.reduce((a, b) => a + b, 0) / all.length },
    ]),
  );
}

interface Pair {
  readonly picture: bigint;
  readonly truth: bigint;
}

async function pairsOf(db: Kysely<Schema>, set: number): Promise<Pair[]> {
  const { rows } = await sql<Pair>`
    select p.id as picture, t.id as truth from pictures p
    join pictures t on t.dataset = p.dataset and t.name = p.attributes ->> ${attribute} and not t.deleted
      and t.id <> p.id and t.width = p.width and t.height = p.height
    where p.dataset = ${set} and not p.deleted and p.attributes ? ${attribute}
    order by p.id desc limit ${mostPictures}`.execute(db);
  return rows;
}

async function masksOf(db: Kysely<Schema>, set: number, picture: bigint): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select o.label, o.maker, o.x, o.y, o.width, o.height, o.area, m.counts, p.height as rows, p.width as columns
    from objects o join object_revisions m on m.picture = o.picture and m.object = o.id and m.revision = o.shape
    join pictures p on p.id = o.picture
    where o.dataset = ${set} and o.picture = ${picture}
      and o.state not in (${ObjectState.PROPOSED}, ${ObjectState.DELETED})
    order by o.id limit ${mostObjects}`.execute(db);
  return rows;
}

interface Readable {
  readonly label: number;
  readonly maker: string;
  readonly box: MaskBox;
  readonly area: number;
  /** Read when it is needed first. */
  readonly mask: () => MaskRuns;
}

function readable({ label, maker, area, counts, rows, columns, ...box }: Candidate): Readable {
  let known: MaskRuns | undefined;
  return { label, maker, box, area, mask: () => (known ??= decodeRle({ size: [rows, columns], counts })) };
}

async function bestIou(one: Readable, truth: readonly Readable[], turns: Turns): Promise<number> {
  let best = 0;
  for (const other of truth) {
    if (other.label !== 0 && other.label !== one.label) continue;
    if (mostIou(one, other) <= best) continue;
    await turns.next();
    best = Math.max(best, rleIou(one.mask(), other.mask()));
  }
  return best;
}

/** What it cannot be above, by boxes and areas alone: masks of others' corners of the picture are not looked at. */
function mostIou(a: Readable, b: Readable): number {
  const across = Math.min(a.box.x + a.box.width, b.box.x + b.box.width) - Math.max(a.box.x, b.box.x);
  const down = Math.min(a.box.y + a.box.height, b.box.y + b.box.height) - Math.max(a.box.y, b.box.y);
  if (across <= 0 || down <= 0) return 0;
  const shared = Math.min(across * down, a.area, b.area);
  return shared / (a.area + b.area - shared);
}
