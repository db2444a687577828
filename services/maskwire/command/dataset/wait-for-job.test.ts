import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import {
  AnnotationFormat,
  AnnotationFormatSchema,
  CocoForm,
  type DatasetJob,
  DatasetJobSchema,
  JobState,
} from "../../../../proto/index.js";
import type { Notices } from "../notices.js";
import { type DatasetClient, RefusedError } from "./dataset-client.js";
import { formats, parseCocoForm, parseFormat } from "./formats.js";
import { pagesOf } from "./pages.js";
import { checkDone, describeProgress, hasEnded, waitForJob } from "./wait-for-job.js";

const job = (more: MessageInitShape<typeof DatasetJobSchema> = {}) =>
  create(DatasetJobSchema, { id: "j", state: JobState.RUNNING, ...more });

/** Notes what is told. */
function notes() {
  const told: string[] = [];
  const notices: Pick<Notices, "progress" | "clear"> = {
    progress: (text: string) => void told.push(text),
    clear: () => void told.push("(clear)"),
  };
  return { told, notices: notices as Notices };
}

/** Each time it is watched it says the next of these, and then breaks off if it is to. */
function clientOf(...turns: { says: DatasetJob[]; breaks?: Error }[]) {
  let watched = 0;
  const client: Pick<DatasetClient, "watch"> = {
    watch: async function* () {
      const turn = turns[watched++];
      yield* turn?.says ?? [];
      if (turn?.breaks) throw turn.breaks;
    },
  };
  return { client: client as DatasetClient, count: () => watched };
}

const refused = (retryAfterMs?: number) => new RefusedError("UNAVAILABLE", "Not now.", { exitCode: 1, retryAfterMs });

it("follows a job to its end, also where the gateway is lost on the way", async () => {
  const done = job({ state: JobState.DONE, total: 4n, done: 4n });
  const { client, count } = clientOf(
    { says: [job({ total: 4n, done: 1n })], breaks: new Error("socket hang up") },
    { says: [], breaks: refused(10) },
    { says: [job({ total: 4n, done: 2n }), done] },
  );
  const { told, notices } = notes();
  expect(await waitForJob(client, "birds", job(), notices)).toBe(done);
  expect(count()).toBe(3);
  expect(told.map((text) => /(\d+) of 4/.exec(text)?.[1] ?? text)).toEqual(["1", "2", "4", "(clear)"]);
});

it("does not watch one that has ended, and gives up where a repeat is of no use", async () => {
  const ended = clientOf();
  await waitForJob(ended.client, "birds", job({ state: JobState.FAILED }), notes().notices);
  expect(ended.count()).toBe(0);
  const gone = clientOf({ says: [], breaks: refused() });
  await expect(waitForJob(gone.client, "birds", job(), notes().notices)).rejects.toThrow("Not now.");
  expect(gone.count()).toBe(1);
});

it.each<[MessageInitShape<typeof DatasetJobSchema>, RegExp]>([
  [{}, /^waiting for its turn$/],
  [{ message: "The store does not answer." }, /^The store does not answer\.$/],
  [{ state: JobState.PAUSED, total: 3n }, /^paused$/],
  [{ total: 8n, done: 3n, failed: 1n, objects: 50n }, /4 of 8, 50 objects$/],
  [
    { total: 8n, done: 3n, objects: 50n, heldUntil: { seconds: 1n }, message: "It goes on at noon." },
    /^3 of 8, 50 objects\. It goes on at noon\.$/,
  ],
  [{ total: 8n, done: 3n, secondsLeft: 89.5 }, /about 90 s left$/],
  [{ total: 8n, done: 3n, secondsLeft: 300 }, /about 5 min left$/],
  [{ total: 8n, done: 3n, secondsLeft: 9000 }, /about 2\.5 h left$/],
])("tells how far a job is: %#", (init, sentence) => {
  expect(describeProgress(job(init))).toMatch(sentence);
});

it.each<[JobState, RegExp | undefined]>([
  [JobState.DONE, undefined],
  [JobState.DONE_WITH_PROBLEMS, /done but for 2; why is told by: maskwire dataset job birds j --problems/],
  [JobState.CANCELLED, /cancelled/],
  [JobState.FAILED, /It failed: no room/],
])("says what became of a job in the state %s", (state, sentence) => {
  const one = job({ state, failed: 2n, message: "no room" });
  expect(hasEnded(one)).toBe(true);
  if (sentence) expect(() => checkDone("birds", one)).toThrow(sentence);
  else expect(() => checkDone("birds", one)).not.toThrow();
});

it("asks for page after page until there are no more", async () => {
  const asked: string[] = [];
  const pages: Record<string, string> = { "": "b", b: "c", c: "" };
  const found: string[] = [];
  const ask = async (page: string) => {
    asked.push(page);
    return { nextPage: pages[page] ?? "" };
  };
  for await (const { nextPage } of pagesOf(ask)) found.push(nextPage);
  expect([asked, found]).toEqual([
    ["", "b", "c"],
    ["b", "c", ""],
  ]);
});

it("knows formats by the names that people write", () => {
  expect(parseFormat("label-studio")).toBe(AnnotationFormat.LABEL_STUDIO);
  expect(parseCocoForm("counts")).toBe(CocoForm.COUNTS);
  const served = AnnotationFormatSchema.values.map(({ number }) => number).filter((one) => one > 0);
  expect(Object.values(formats).sort((a, b) => a - b)).toEqual(served);
  for (const odd of ["COCO", "", "toString", "__proto__"])
    expect(() => parseFormat(odd), odd).toThrow(/Expected one of coco/);
});
