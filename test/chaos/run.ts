import { tinyModelEnv } from "../support/tiny-model.js";
import { type DataReport, playDataSets } from "./data-sets.js";
import { canFillDisks, playFullDisk } from "./full-disk.js";
import { greatestPeaks, lineOf, type Report } from "./report.js";
import { scenarios } from "./scenarios/index.js";
import { Theatre } from "./theatre.js";

/*
 * `npm run -s chaos [-- SCENARIO...] [--json]`: the long form. A line of figures for each scenario; the exit status is 1
 * when one failed.
 */

const scale = { modelEnv: {}, people: 50, load: 0.5, album: 5, fresh: 3, clicksBefore: 300, clicksAfter: 600 };
const dataSets = "data-sets";
const dataScale = { modelEnv: tinyModelEnv({ slowDecodes: true }), pictures: 60, people: 20, outageMs: 20_000 };
const fullDisk = "full-disk";
const diskScale = { modelEnv: tinyModelEnv(), people: 10, fullMs: 20_000 };
/** What is played on a cluster of its own. */
const apart = [
  { name: dataSets, title: "a job and people on data sets, while what they need is lost" },
  { name: fullDisk, title: "people on a data set whose disk is full for a while (Linux, as root)" },
];

const args = process.argv.slice(2);
const json = args.includes("--json");
const names = args.filter((arg) => arg !== "--json");
const played = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
const unknown = names.filter(
  (name) => !apart.some((one) => one.name === name) && !scenarios.some((scenario) => scenario.name === name),
);
if (unknown.length > 0) {
  const all = [...scenarios, ...apart];
  const known = all.map(({ name, title }) => `  ${name.padEnd(22)} ${title}`).join("\n");
  process.stderr.write(`There is no scenario "${unknown.join(" ")}". These are:\n${known}\n`);
  process.exitCode = 2;
} else {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const reports: Report[] = [];
  const failures: string[] = [];
  if (played.length > 0) {
    await using theatre = await Theatre.open(scale, say);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => void theatre[Symbol.asyncDispose]().finally(() => process.exit(130)));
    }
    for (const scenario of played) {
      say(`${scenario.name}: ${scenario.title}`);
      const report = await theatre.play(scenario, say);
      reports.push(report);
      process.stdout.write(`${json ? JSON.stringify(report) : lineOf(report)}\n`);
    }
    say(`greatest peaks, MiB: ${JSON.stringify(greatestPeaks(reports))}`);
    failures.push(...reports.flatMap((report) => report.failures));
  }
  if (names.length === 0 || names.includes(dataSets)) {
    const report = await playDataSets(dataScale, say);
    process.stdout.write(`${json ? JSON.stringify({ scenario: dataSets, ...report }) : lineOfData(report)}\n`);
    failures.push(...report.failures);
  }
  if (names.includes(fullDisk) || (names.length === 0 && canFillDisks)) {
    const report = await playFullDisk(diskScale, say);
    process.stdout.write(`${JSON.stringify({ scenario: fullDisk, ...report })}\n`);
    failures.push(...report.failures);
  }
  process.exitCode = failures.length > 0 ? 1 : 0;
}

function lineOfData({ saved, objects, refusals, failures: all }: DataReport): string {
  const parts = [`${saved} objects saved, ${objects} in all, ${refusals} answers that said "not now"`];
  return `${dataSets}: ${[...parts, ...all.map((failure) => `FAILED: ${failure}`)].join("; ")}`;
}
