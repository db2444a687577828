import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { EncodeFlights, type Progress } from "./encode-flights.js";

const queued = (position: number): Progress => ({ stage: "queued", position, etaMs: 0 });
const encoding: Progress = { stage: "encoding" };
const never = new AbortController().signal;
const nobody = () => {};

/** Work that the test reports for and ends. */
function work() {
  let end: { resolve: (value: string) => void; reject: (error: Error) => void } = { resolve: nobody, reject: nobody };
  const begun: { report: (progress: Progress) => void; signal: AbortSignal }[] = [];
  return {
    begun,
    get report() {
      return begun.at(-1)?.report ?? nobody;
    },
    get signal() {
      return begun.at(-1)?.signal as AbortSignal;
    },
    resolve: (value: string) => end.resolve(value),
    reject: (error: Error) => end.reject(error),
    run: (report: (progress: Progress) => void, signal: AbortSignal) => {
      begun.push({ report, signal });
      return new Promise<string>((resolve, reject) => {
        end = { resolve, reject };
      });
    },
  };
}

it("works once for ten who ask at once, and tells each the outcome and the progress", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const heard: Progress[][] = [];
  const all = Array.from({ length: 10 }, () => {
    const mine: Progress[] = [];
    heard.push(mine);
    return flights.join("key", (progress) => mine.push(progress), never, job.run);
  });
  job.report(queued(2));
  job.report(encoding);
  expect(flights.has("key")).toBe(true);
  job.resolve("done");
  expect(await Promise.all(all)).toEqual(Array(10).fill("done"));
  expect(job.begun.length).toBe(1);
  expect(heard).toEqual(Array(10).fill([queued(2), encoding]));
  expect(flights.has("key")).toBe(false);
  expect(flights.size).toBe(0);
});

it("tells a late joiner at once how far it is, and nobody anything after the outcome", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const first = flights.join("key", nobody, never, job.run);
  job.report(queued(1));
  job.report(encoding);
  const heard: Progress[] = [];
  const late = flights.join("key", (progress) => heard.push(progress), never, job.run);
  expect(heard).toEqual([encoding]);
  job.resolve("done");
  await Promise.all([first, late]);
  job.report(queued(9));
  expect(heard).toEqual([encoding]);
});

it("counts one function that listens twice as two listeners", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const leaving = new AbortController();
  const stays = flights.join("key", nobody, never, job.run);
  const leaves = flights.join("key", nobody, leaving.signal, job.run);
  leaving.abort();
  await expect(leaves).rejects.toThrow();
  expect(job.signal.aborted).toBe(false);
  job.resolve("done");
  expect(await stays).toBe("done");
});

it("keeps works of different keys apart", async () => {
  const flights = new EncodeFlights<string>();
  const [a, b] = [work(), work()];
  const both = Promise.all([flights.join("a", nobody, never, a.run), flights.join("b", nobody, never, b.run)]);
  b.resolve("b");
  a.resolve("a");
  expect(await both).toEqual(["a", "b"]);
});

it.each([
  ["before anything is known of it", []],
  ["while it is queued", [queued(3)]],
])("cancels work that everybody leaves %s, and begins anew for the next", async (_name, reports) => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const [one, two] = [new AbortController(), new AbortController()];
  const left = [flights.join("key", nobody, one.signal, job.run), flights.join("key", nobody, two.signal, job.run)];
  for (const report of reports) job.report(report);
  const { signal } = job;
  one.abort();
  await expect(left[0]).rejects.toMatchObject({ name: "AbortError" });
  expect(signal.aborted).toBe(false);
  two.abort();
  await expect(left[1]).rejects.toMatchObject({ name: "AbortError" });
  expect(signal.aborted).toBe(true);
  const next = flights.join("key", nobody, never, job.run);
  expect(job.begun.length).toBe(2);
  job.resolve("second");
  expect(await next).toBe("second");
});

it("is not disturbed by the end of work that it has given up", async () => {
  const flights = new EncodeFlights<string>();
  const [first, second] = [work(), work()];
  const leaving = new AbortController();
  const left = flights.join("key", nobody, leaving.signal, first.run);
  leaving.abort();
  await expect(left).rejects.toThrow();
  const next = flights.join("key", nobody, never, second.run);
  // An unhandled rejection would fail the test run.
  first.reject(new Error("cancelled"));
  await new Promise(setImmediate);
  expect(flights.has("key")).toBe(true);
  second.resolve("second");
  expect(await next).toBe("second");
});

it("finishes work that runs although everybody has left; the next joins it", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const leaving = new AbortController();
  const left = flights.join("key", nobody, leaving.signal, job.run);
  job.report(encoding);
  leaving.abort();
  await expect(left).rejects.toThrow();
  expect(job.signal.aborted).toBe(false);
  const next = flights.join("key", nobody, never, job.run);
  expect(job.begun.length).toBe(1);
  job.resolve("done");
  expect(await next).toBe("done");
});

it("gives a failure to everybody, and to nobody when all have left", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const all = Array.from({ length: 3 }, () => flights.join("key", nobody, never, job.run));
  job.reject(new Error("no picture"));
  for (const one of all) await expect(one).rejects.toThrow("no picture");
  const leaving = new AbortController();
  const left = flights.join("key", nobody, leaving.signal, job.run);
  job.report(encoding);
  leaving.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
  job.reject(new Error("nobody hears this"));
  await new Promise(setImmediate);
  expect(flights.size).toBe(0);
});

it("does not begin for a caller who has left, and leaves no listener on a signal", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  await expect(flights.join("key", nobody, AbortSignal.abort(), job.run)).rejects.toThrow();
  expect(job.begun).toEqual([]);
  const { signal } = new AbortController();
  const joined = flights.join("key", nobody, signal, job.run);
  job.resolve("done");
  await joined;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("drains when every flight has landed, well or not, or when the signal aborts", async () => {
  const flights = new EncodeFlights<string>();
  await flights.drain(never);
  const [a, b] = [work(), work()];
  const all = [flights.join("a", nobody, never, a.run), flights.join("b", nobody, never, b.run)];
  all[1]?.catch(nobody);
  await flights.drain(AbortSignal.abort());
  let drained = false;
  const draining = flights.drain(never).then(() => {
    drained = true;
  });
  a.resolve("a");
  await all[0];
  await new Promise(setImmediate);
  expect(drained).toBe(false);
  b.reject(new Error("b"));
  await draining;
});

it("cancels the wait for another process's work when everybody has left", async () => {
  const flights = new EncodeFlights<string>();
  const job = work();
  const leaving = new AbortController();
  const left = flights.join("key", nobody, leaving.signal, job.run);
  job.report({ stage: "encoding", elsewhere: true });
  leaving.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
  expect(job.signal.aborted).toBe(true);
  expect(flights.size).toBe(0);
});

it("takes off the time left what has passed when it tells a late joiner", async () => {
  let now = 1000;
  const flights = new EncodeFlights<string>(() => now);
  const job = work();
  const first = flights.join("key", nobody, never, job.run);
  job.report({ stage: "queued", position: 2, etaMs: 900 });
  const heard: Progress[] = [];
  const late = [300, 2000].map((passed) => {
    now = 1000 + passed;
    return flights.join("key", (progress) => heard.push(progress), never, job.run);
  });
  expect(heard).toMatchObject([
    { position: 2, etaMs: 600 },
    { position: 2, etaMs: 0 },
  ]);
  job.resolve("done");
  await Promise.all([first, ...late]);
});
