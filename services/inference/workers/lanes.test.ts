import { expect, it } from "vitest";
import { Lanes } from "./lanes.js";

const callerOf = (job: string) => job.split("@")[1] ?? "";
/** The caller's own where it is of no tenant. */
const tenantOf = (job: string) => callerOf(job).split(".")[0] ?? "";
const costOf = (job: string) => Number(job.split("=")[1]?.split("@")[0] ?? 1);

/** Jobs by name: `u` is urgent, what stands after `=` is the cost, after `@` the caller, to its dot the tenant. */
function line(jobs: string, patience?: number): Lanes<string> {
  const lanes = new Lanes<string>({ patience, tenantOf, callerOf, costOf });
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
  ["u1@a u2@a u3@a u4@b u5@b u6@c", undefined, "u1@a u4@b u6@c u2@a u5@b u3@a"],
  ["b1@a b2@a b3@b u1@a u2@a u3@b", 2, "u1@a u3@b b1@a u2@a b3@b b2@a"],
  // A4: tenants share, however many of their callers ask; those take turns.
  ["u1@a.x u2@a.y u3@a.z u4@b u5@b", undefined, "u1@a.x u4@b u2@a.y u5@b u3@a.z"],
  ["u1@a.x u2@a.x u3@a.y u4@b.x", undefined, "u1@a.x u4@b.x u3@a.y u2@a.x"],
  // By what they cost: a dear job goes when the others have had as much.
  ["b1=4@a b2=4@a b3@b b4@b b5@b b6@b b7@b b8@b", undefined, "b3@b b4@b b5@b b1=4@a b6@b b7@b b8@b b2=4@a"],
  ["b1=4@a b2=4@a", undefined, "b1=4@a b2=4@a"],
  ["b1=0.5@a b2=0.5@a b3=0.5@a b4@b b5@b", undefined, "b1=0.5@a b2=0.5@a b4@b b3=0.5@a b5@b"],
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

it("lets who comes again wait for one turn of everybody who waits", () => {
  const lanes = line("u1@a u2@a u3@b u4@b");
  expect(lanes.take()).toBe("u1@a");
  lanes.add("u5@c", true);
  expect(takeAll(lanes)).toBe("u3@b u2@a u5@c u4@b");
});

it("says beforehand in which order it takes, whatever has come and gone", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const lanes = line("", 2);
  for (let count = 0; count < 1000; count++) {
    const next = random(10);
    const job = `${random(2) ? "u" : "b"}${count}=${random(5) + 0.5}@${random(3)}.${random(3)}`;
    // The line gets long, and never so long that to say its order takes all the time.
    if (next < 6 && lanes.length < 60) lanes.add(job, random(2) === 0);
    else if (next < 9) expect(lanes.inOrder()[0]).toBe(lanes.take());
    else lanes.remove(lanes.inOrder()[random(Math.max(1, lanes.length))] ?? "");
    expect(lanes.inOrder()).toHaveLength(lanes.length);
  }
  const said = lanes.inOrder();
  expect(takeAll(lanes)).toBe(said.join(" "));
});

it.each([
  ["u1@a u2@a u3@a", "b", true, "u3@a"],
  ["u1@a u2@a u3@b u4@b u5@b", "c", true, "u5@b"],
  // As many as the newcomer would have then.
  ["u1@a u2@b", "c", true, undefined],
  ["u1@a u2@a u3@b", "b", true, undefined],
  ["u1@a u2@a u3@a u4@b", "b", true, "u3@a"],
  // One's own make no room.
  ["u1@a u2@a u3@a", "a", true, undefined],
  // What is not urgent goes first, and takes no place of what is.
  ["b1@a u1@a u2@a", "b", true, "b1@a"],
  ["u1@a u2@a u3@a b1@a b2@b", "c", false, undefined],
  ["u1@c u2@c u3@c b1@a b2@a", "c", false, "b2@a"],
  // Of the tenant with the most, its caller with the most; among callers of one tenant as among tenants.
  ["u1@a.x u2@a.x u3@a.y u4@b.x u5@b.x", "c", true, "u2@a.x"],
  ["u1@a.x u2@a.x u3@a.y", "a.z", true, "u2@a.x"],
  ["u1@a.x u2@a.y u3@a.z u4@b u5@b", "a.y", true, undefined],
  ["u1@a.x u2@a.y b3@a.z u4@b u5@b", "c", true, "b3@a.z"],
])("with %s lets a newcomer of %s (urgent: %s) take the place of %s", (jobs, caller, isUrgent, gives) => {
  const newcomer = `u@${caller}`;
  expect(line(jobs).givesWayTo({ tenant: tenantOf(newcomer), caller: callerOf(newcomer) }, isUrgent)).toBe(gives);
});
