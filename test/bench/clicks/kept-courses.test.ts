import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { KeptCourses } from "./kept-courses.js";

const folder = mkdtempSync(join(tmpdir(), "courses-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("finds what was done before, but for what was cut off and what had other rules", () => {
  const path = join(folder, "kept.jsonl");
  const course = (object: string) => ({ object, start: 0, ious: [0.5], box: 0.75 });
  const first = new KeptCourses(path, 20);
  for (const object of ["cup", "bus"]) first.keep("service", course(object));
  truncateSync(path, 2 * JSON.stringify({ contestant: "service", mostClicks: 20, ...course("cup") }).length - 3);
  const again = new KeptCourses(path, 20);
  expect(again.find("service", "cup", 0)).toMatchObject(course("cup"));
  expect(again.find("service", "bus", 0)).toBeUndefined();
  expect(again.find("stock", "cup", 0)).toBeUndefined();
  expect(new KeptCourses(path, 10).find("service", "cup", 0)).toBeUndefined();
});
