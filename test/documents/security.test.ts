import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { variables } from "../../services/maskwire/settings.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { attacks } from "../attacks/list/index.js";
import { rulesOf } from "../structure/rules.js";

/*
 * SECURITY.md against the project: what it names is there. Whether its sentences are true is for who changes the code to keep in mind.
 */

const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");
const page = read("SECURITY.md");
const rows = page.split("\n").filter((line) => line.startsWith("| **"));
const quoted = [...new Set([...page.matchAll(/`([^`]+)`/g)].map(([, words]) => words as string))];

it("names settings that there are", () => {
  const named = page.match(/MASKWIRE_[A-Z_]+[A-Z]/g) ?? [];
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !Object.hasOwn(variables, name))).toEqual([]);
});

it("names rules that the specification has", () => {
  const rules = new Set(rulesOf(read("gateway/SPEC.md")));
  const named = page.replaceAll(/`[^`]*`/g, "").match(/\b[A-Z]\d{1,2}\b/g) ?? [];
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((one) => !rules.has(one))).toEqual([]);
});

it("names files that there are, and attacks that are played", () => {
  const paths = quoted.filter((one) => /^[\w.-]+\/.*\.\w+$/.test(one));
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
  const played = new Set(attacks.map(({ name }) => name));
  const named = rows.flatMap((row) => row.split("|")[3]?.match(/`[a-z]+(?:-[a-z]+)+`/g) ?? []);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((one) => !played.has(one.slice(1, -1)))).toEqual([]);
});

it("says of each what protects, what shows it, and what does not", () => {
  expect(rows.length).toBeGreaterThanOrEqual(6);
  for (const row of rows)
    expect(
      row
        .split("|")
        .slice(1, -1)
        .filter((cell) => cell.trim() !== "").length,
      row,
    ).toBe(4);
});
