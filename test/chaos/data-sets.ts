import { setTimeout as pause } from "node:timers/promises";
import { encodeRle } from "../../proto/index.js";
import { jpegScene } from "../support/pictures.js";
import { DataCluster } from "./data-cluster.js";
import { DataPerson } from "./data-person.js";

interface DataScale {
  readonly modelEnv: Record<string, string>;
  readonly pictures: number;
  /** Who save objects all the time. */
  readonly people: number;
  /** How long the database and the object store are gone. */
  readonly outageMs: number;
}

export interface DataReport {
  readonly saved: number;
  readonly refusals: number;
  readonly objects: number;
  readonly failures: readonly string[];
}

interface Job {
  readonly id: string;
  readonly state: string;
  readonly total: string;
  readonly done: string;
  readonly failed: string;
}

const settings = { pointsPerSide: 4, predIouThresh: 0, stabilityScoreThresh: 0 };

/**
 * An automatic job over a data set while people save objects in it, and a server of the tier is killed, the database is gone and the
 * object store refuses, one after the other: nothing is lost, nothing is there twice, and people hear sentences that say so.
 */
export async function playDataSets(scale: DataScale, say: (line: string) => void): Promise<DataReport> {
  await using cluster = await DataCluster.start(scale.modelEnv);
  const person = new DataPerson(cluster.url);
  const size = { width: 64, height: 48 };
  const pictures: string[] = [];
  for (const dataset of ["calm", "stormy"]) {
    await person.ask("POST", "/v1/datasets", { name: dataset });
    for (let at = 0; at < scale.pictures; at++) {
      const path = `/v1/datasets/${dataset}/pictures?name=${at}.jpg`;
      const { id } = await person.ask<{ id: string }>("POST", path, await jpegScene(size.width, size.height, at));
      if (dataset === "stormy") pictures.push(id);
    }
  }
  const calm = await ended(person, "calm", await begin(person, "calm"));
  const stormy = await begin(person, "stormy");
  const stop = new AbortController();
  const saving = Array.from({ length: scale.people }, (_, index) =>
    saveObjects(new DataPerson(cluster.url), { pictures, index, size, signal: stop.signal }),
  );
  const doneAtLeast = (count: number) => until(person, "stormy", stormy, (job) => Number(job.done) >= count);
  await doneAtLeast(1);
  say("a server of the dataset tier is killed");
  await cluster.kill(0);
  await cluster.restart(0);
  await doneAtLeast(scale.pictures / 4);
  say("the database is gone");
  await cluster.server.lose();
  await pause(scale.outageMs);
  await cluster.server.comeBack();
  await doneAtLeast(scale.pictures / 2);
  say("the object store refuses");
  cluster.objects.refuse(true);
  await pause(scale.outageMs);
  cluster.objects.refuse(false);
  const job = await ended(person, "stormy", stormy);
  stop.abort();
  const savers = await Promise.all(saving);
  const saved = savers.flatMap((one) => one.saved);
  const failures = [...person.problems, ...savers.flatMap((one) => one.problems)];
  const told = async (dataset: string, one: Job) =>
    `${one.state}, ${one.done} of ${one.total}: ${JSON.stringify(await problemsOf(person, dataset, one.id))}`;
  if (job.state !== "JOB_STATE_DONE" || job.done !== job.total) {
    failures.push(`the job is ${await told("stormy", job)}`);
  }
  const [before, after] = [await objectsIn(person, "calm"), await objectsIn(person, "stormy")];
  const made = (all: readonly ObjectRow[]) =>
    all
      .filter(({ name }) => name === undefined)
      .map(({ mask }) => mask)
      .sort();
  if (calm.state !== "JOB_STATE_DONE") failures.push(`the undisturbed job is ${await told("calm", calm)}`);
  if (made(before).join() !== made(after).join()) {
    failures.push(`the job made ${made(after).length} objects, undisturbed ${made(before).length}, or others`);
  }
  const names = after.flatMap(({ name }) => name ?? []);
  for (const name of saved) if (!names.includes(name)) failures.push(`the object ${name} was saved and is lost`);
  if (new Set(names).size !== names.length) failures.push("an object is there twice");
  const refusals = savers.reduce((sum, one) => sum + one.refusals, person.refusals);
  return { saved: saved.length, refusals, objects: after.length, failures: [...new Set(failures)] };
}

async function begin(person: DataPerson, dataset: string): Promise<string> {
  const request = { work: { automatic: { settings, mostOfPicture: 1 } }, key: "the-one" };
  return (await person.ask<Job>("POST", `/v1/datasets/${dataset}/jobs`, request)).id;
}

async function problemsOf(person: DataPerson, dataset: string, id: string): Promise<string[]> {
  interface Page {
    readonly problems?: { readonly reason: string }[];
  }
  const { problems = [] } = await person.ask<Page>("GET", `/v1/datasets/${dataset}/jobs/${id}/problems?pageSize=5`);
  return problems.map(({ reason }) => reason);
}

async function until(person: DataPerson, dataset: string, id: string, is: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await person.ask<Job>("GET", `/v1/datasets/${dataset}/jobs/${id}`);
    if (is(job) || endings.has(job.state)) return job;
    await pause(100);
  }
}

const endings = new Set(["DONE", "DONE_WITH_PROBLEMS", "CANCELLED", "FAILED"].map((state) => `JOB_STATE_${state}`));
const ended = (person: DataPerson, dataset: string, id: string) => until(person, dataset, id, () => false);

interface Saver {
  readonly pictures: readonly string[];
  readonly index: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly signal: AbortSignal;
}

/** Masks of one pixel, which no model makes. */
async function saveObjects(person: DataPerson, { pictures, index, size, signal }: Saver) {
  const saved: string[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    const at = (index * 97 + turn) % (size.width * size.height - 2);
    const rle = encodeRle({ ...size, runs: Uint32Array.of(at + 1, 1, size.width * size.height - at - 2) });
    const picture = pictures[(index + turn) % pictures.length] as string;
    saved.push(await person.saveObject("stormy", picture, rle));
    await pause(50);
  }
  const { problems, refusals } = person;
  return { saved, problems, refusals };
}

interface ObjectRow {
  /** Of one that a person saved. */
  readonly name: string | undefined;
  readonly mask: string;
}

export async function objectsIn(person: DataPerson, dataset: string): Promise<ObjectRow[]> {
  interface Page {
    readonly objects?: { attributes: { name?: string }; rle: { counts: string } }[];
    readonly nextPage?: string;
  }
  const rows: ObjectRow[] = [];
  for (let page = ""; ; ) {
    const answer = await person.ask<Page>("GET", `/v1/datasets/${dataset}/objects?pageSize=500&page=${page}`);
    for (const { attributes, rle } of answer.objects ?? []) rows.push({ name: attributes.name, mask: rle.counts });
    page = answer.nextPage ?? "";
    if (page === "") return rows;
  }
}
