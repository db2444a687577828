import { expect, it } from "vitest";
import { overloaded } from "../../runtime/errors.js";
import { type InLine, WaitingLine } from "./waiting-line.js";

interface Job extends InLine {
  name: string;
}

function createLine() {
  const line = new WaitingLine<Job>();
  const places: Record<string, number> = {};
  const refused: string[] = [];
  const add = (name: string, caller: string, urgent = true) =>
    line.add({
      name,
      caller,
      urgent,
      onPlace: (place) => {
        places[name] = place;
      },
      reject: () => refused.push(name),
    });
  return { line, places, refused, add };
}

it("tells all their places, and one that is hastened its new one", () => {
  const { line, places, add } = createLine();
  add("a1", "a");
  add("bulk", "b", false);
  add("a2", "a");
  line.tellPlaces();
  expect(places).toEqual({ a1: 1, a2: 2, bulk: 3 });
  expect([line.length, line.others]).toEqual([3, 1]);
  line.hasten(({ name }) => name === "bulk");
  expect(places).toEqual({ a1: 1, bulk: 2, a2: 3 });
  expect(line.others).toBe(0);
  line.hasten(({ name }) => name === "nobody");
  expect(line.clear().map(({ name }) => name)).toEqual(["a1", "bulk", "a2"]);
  expect(line.length).toBe(0);
});

it("refuses the newest of the caller with the most for a newcomer who has fewer, and for no other", () => {
  const { line, refused, add } = createLine();
  const error = overloaded("Too many.", 10);
  for (const name of ["a1", "a2", "a3"]) add(name, "a");
  expect(line.givesWayTo({ urgent: true, caller: "a" })).toBe(false);
  expect(line.displace({ urgent: true, caller: "a" }, error)).toBe(false);
  // What is not urgent takes no place of what is.
  expect(line.displace({ urgent: false, caller: "b" }, error)).toBe(false);
  expect(line.givesWayTo({ urgent: true, caller: "b" })).toBe(true);
  expect(refused).toEqual([]);
  expect(line.displace({ urgent: true, caller: "b" }, error)).toBe(true);
  expect(refused).toEqual(["a3"]);
  expect(line.length).toBe(2);
});
