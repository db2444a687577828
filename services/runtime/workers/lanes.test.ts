import { expect, it } from "vitest";
import { Lanes } from "./lanes.js";

function line(jobs: string, patience?: number): Lanes<string> {
  const lanes = new Lanes<string>({ patience });
  for (const job of jobs.split(" ").filter(Boolean)) lanes.add(job, job.startsWith("u"));
  return lanes;
}

function takeAll(lanes: Lanes<string>): string {
  const taken: string[] = [];
  for (let job = lanes.take(); job !== undefined; job = lanes.take()) taken.push(job);
  return taken.join(" ");
}

it.each([
  ["b1 u1 b2 u2", undefined, "u1 u2 b1 b2"],
  ["b1 b2 u1 u2 u3 u4 u5", 2, "u1 u2 b1 u3 u4 b2 u5"],
  ["b1 u1", 1, "u1 b1"],
  ["u1 u2 u3", 1, "u1 u2 u3"],
  ["b1 b2", 1, "b1 b2"],
  ["", 1, ""],
])("takes %s with patience %s as %s, and says so before", (jobs, patience, order) => {
  expect(line(jobs, patience).inOrder().join(" ")).toBe(order);
  expect(takeAll(line(jobs, patience))).toBe(order);
});

it("does not starve the others however many urgent ones come", () => {
  const lanes = line("b1", 3);
  const taken: (string | undefined)[] = [];
  for (let count = 0; count < 5; count++) {
    lanes.add(`u${count}`, true);
    taken.push(lanes.take());
  }
  expect(taken).toEqual(["u0", "u1", "u2", "b1", "u3"]);
});

it("makes one of the others urgent, behind those who are", () => {
  const lanes = line("b1 b2 u1");
  expect(lanes.hasten("b2")).toBe(true);
  expect([lanes.hasten("b2"), lanes.hasten("u1"), lanes.hasten("nobody")]).toEqual([false, false, false]);
  expect(takeAll(lanes)).toBe("u1 b2 b1");
});

it("removes from either lane, and clears both", () => {
  const lanes = line("b1 b2 u1 u2");
  expect([lanes.remove("b1"), lanes.remove("u2"), lanes.remove("b1")]).toEqual([true, true, false]);
  expect([lanes.length, lanes.others]).toEqual([2, 1]);
  expect(lanes.clear()).toEqual(["u1", "b2"]);
  expect(lanes.length).toBe(0);
});
