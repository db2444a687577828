import { setImmediate as nextTurn } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { decodeRle, type MaskRuns, ObjectState, rleIou } from "../../../proto/index.js";
import type { Schema } from "../database/schema.js";

/** The attribute that names the picture with the true masks. */
const attribute = "ground-truth";
/** The newest of them: what is asked often has to be answered soon. */
const mostPictures = 500;

interface Candidate {
  readonly is_truth: boolean;
  readonly label: number;
  readonly maker: string;
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
  for (const pair of pairs) {
    // Between two other things that the process has to do.
    await nextTurn();
    const both = await masksOf(db, set, pair);
    const truth = both.filter(({ is_truth }) => is_truth).map(readable);
    for (const one of both.filter(({ is_truth }) => !is_truth).map(readable)) {
      const all = scores.get(one.maker) ?? [];
      all.push(bestIou(one, truth));
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

async function masksOf(db: Kysely<Schema>, set: number, { picture, truth }: Pair): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select o.picture = ${truth} as is_truth, o.label, o.maker, m.counts, p.height as rows, p.width as columns
    from objects o join object_revisions m on m.picture = o.picture and m.object = o.id and m.revision = o.shape
    join pictures p on p.id = o.picture
    where o.dataset = ${set} and o.picture in (${picture}, ${truth})
      and o.state not in (${ObjectState.PROPOSED}, ${ObjectState.DELETED})`.execute(db);
  return rows;
}

interface Readable {
  readonly label: number;
  readonly maker: string;
  readonly mask: MaskRuns;
}

const readable = ({ label, maker, counts, rows, columns }: Candidate): Readable => ({
  label,
  maker,
  mask: decodeRle({ size: [rows, columns], counts }),
});

function bestIou(one: Readable, truth: readonly Readable[]): number {
  const alike = truth.filter(({ label }) => label === 0 || label === one.label);
  return alike.reduce((best, { mask }) => Math.max(best, rleIou(one.mask, mask)), 0);
}
