import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";

/*
 * gateway/TIMES.md against the code: every row's constant stands in its file with that value, every setting of a time has a
 * row, and the server's code has no other times.
 */

interface Row {
  file: string;
  constant: string;
  says: string;
}

const page = readFileSync(join(projectRoot, "gateway/TIMES.md"), "utf8");
const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
const lines = page.split("\n").filter((line) => line.startsWith("| "));
const rows: Row[] = lines.flatMap((line) => {
  const [, says = "", where = ""] = cellsOf(line);
  const named = /^`([^`]+\.ts)` `(\w+)`$/.exec(where);
  return named ? [{ file: named[1] ?? "", constant: named[2] ?? "", says }] : [];
});

const inWords = (ms: number) => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

/** What a row should say of `const nameMs = 1_500`, `{ first: 10, last: 1000 }`, or a number of times. */
function wordsFor(constant: string, source: string): string {
  const numbers = [...source.replaceAll("_", "").matchAll(/\d+/g)].map(Number);
  return numbers.map((n) => (constant.endsWith("Ms") ? inWords(n) : `${n} times`)).join(" to ");
}

/** `const` at the top of a module whose name ends as that of a time or of a number of tries, and whose value is written out. */
const timeOf =
  /^(?:export )?const (\w*(?:Ms|Tries|Rounds|Losses|Terms)) = ([\d_]+|\{ first: [\d_]+, last: [\d_]+ \});$/gm;

/** Of no request's time: a type's bound, a unit, a price in milliseconds of work, the developer's watcher, what is not worth a draft, what a picture shows. */
const none = new Set([
  "services/encoder/encodes/drafts.ts bearableMs",
  "gateway/sessions/callers-pace.ts newSessionMs",
  "gateway/sessions/session-pace.ts followingWorkMs",
  "gateway/limits/unsent-bytes.ts noRetryMs",
  "services/maskwire/dev.ts settleMs",
  "services/maskwire/command/track/input/frame-times.ts unsaidMs",
  "services/maskwire/command/track/input/frame-times.ts leastMs",
]);

it.each(rows)("says of $file $constant what the code says", ({ file, constant, says }) => {
  const source = readFileSync(join(projectRoot, file), "utf8");
  const value = new Map([...source.matchAll(timeOf)].map(([, name = "", text = ""]) => [name, text])).get(constant);
  expect(value, `${constant} in ${file}`).toBeDefined();
  expect(says).toBe(wordsFor(constant, value ?? ""));
});

it("names every time that stands in the server's code", () => {
  const named = new Set(rows.map(({ file, constant }) => `${file} ${constant}`));
  const files = ["gateway", "services"].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.includes("testing/"))
      .map((path) => `${folder}/${path}`),
  );
  const unnamed = files.flatMap((file) =>
    [...readFileSync(join(projectRoot, file), "utf8").matchAll(timeOf)]
      .map(([, constant]) => `${file} ${constant}`)
      .filter((one) => !named.has(one) && !none.has(one)),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(unnamed).toEqual([]);
});

it("names every setting of a time that a request meets", () => {
  const tables = readFileSync(join(projectRoot, "web-client", "docs", "settings.md"), "utf8");
  const settings = [...tables.matchAll(/^\| `(MASKWIRE_\w+_MS)` /gm)].map(([, name = ""]) => name);
  // How long a picture is kept, and a delay from which work is refused: no request waits for either.
  const others = ["MASKWIRE_CACHE_TTL_MS", "MASKWIRE_OVERLOAD_DELAY_MS"];
  const times = settings.filter((name) => !others.includes(name));
  expect(times.length).toBeGreaterThan(8);
  expect(times.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
