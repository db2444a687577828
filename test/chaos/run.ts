import { greatestPeaks, lineOf, type Report } from "./report.js";
import { scenarios } from "./scenarios/index.js";
import { Theatre } from "./theatre.js";

/*
 * `npm run -s chaos [-- SCENARIO...] [--json]`: the long form. A line of figures for each scenario; the exit status is 1
 * when one failed.
 */

const scale = { modelEnv: {}, people: 50, load: 0.5, album: 5, fresh: 3, clicksBefore: 300, clicksAfter: 600 };

const args = process.argv.slice(2);
const json = args.includes("--json");
const names = args.filter((arg) => arg !== "--json");
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  const known = scenarios.map(({ name, title }) => `  ${name.padEnd(22)} ${title}`).join("\n");
  process.stderr.write(`There is no scenario "${unknown.join(" ")}". These are:\n${known}\n`);
  process.exitCode = 2;
} else {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const reports: Report[] = [];
  await using theatre = await Theatre.open(scale, say);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void theatre[Symbol.asyncDispose]().finally(() => process.exit(130)));
  }
  for (const scenario of scenarios.filter(({ name }) => names.length === 0 || names.includes(name))) {
    say(`${scenario.name}: ${scenario.title}`);
    const report = await theatre.play(scenario, say);
    reports.push(report);
    process.stdout.write(`${json ? JSON.stringify(report) : lineOf(report)}\n`);
  }
  say(`greatest peaks, MiB: ${JSON.stringify(greatestPeaks(reports))}`);
  process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
}
