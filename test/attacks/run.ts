import { parseArgs } from "node:util";
import { Arena } from "./arena/arena.js";
import { linesOf } from "./arena/report.js";
import { attacks } from "./list/index.js";

/*
 * `npm run -s attack [-- NAME...] [--seed N] [--count N] [--minutes N] [--json]`: the long form. The exit status is 1 when an
 * attack got through.
 */

const say = (line: string) => void process.stderr.write(`${line}\n`);

function refuse(what: string): void {
  const known = attacks.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`).join("\n");
  say(`${what}\nnpm run -s attack -- [NAME...] [--seed N] [--count N] [--minutes N] [--json]\n${known}`);
  process.exitCode = 2;
}

interface Wanted {
  names: string[];
  seed: number;
  count: number | undefined;
  minutes: number;
  json: boolean;
}

/** @throws Error with a sentence about what is wrong. */
function readArguments(): Wanted {
  const text = { type: "string" as const };
  const { values, positionals } = parseArgs({
    options: { seed: text, count: text, minutes: text, json: { type: "boolean" } },
    allowPositionals: true,
  });
  const numberOf = (name: "seed" | "count" | "minutes") => {
    const given = values[name];
    if (given === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(given)) throw new Error(`--${name} takes a number, not "${given}".`);
    return Number(given);
  };
  const unknown = positionals.filter((name) => !attacks.some((attack) => attack.name === name));
  if (unknown.length > 0) throw new Error(`There is no attack "${unknown.join(" ")}".`);
  return {
    names: positionals,
    seed: numberOf("seed") ?? 1,
    count: numberOf("count"),
    minutes: numberOf("minutes") ?? 5,
    json: values.json === true,
  };
}

async function attackAll({ names, seed, count, minutes, json }: Wanted): Promise<void> {
  await using arena = new Arena({
    seed,
    countOf: (attack) => count ?? attack.count,
    mostMs: minutes * 60_000,
    aloneMs: 6000,
    settleMs: 20_000,
    judgesFigures: true,
    rehearses: true,
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void arena[Symbol.asyncDispose]().finally(() => process.exit(130)));
  }
  const reports = [];
  for (const attack of attacks.filter(({ name }) => names.length === 0 || names.includes(name))) {
    say(`${attack.name}: ${attack.title}`);
    const report = await arena.play(attack);
    reports.push(report);
    if (json) say(linesOf(report));
    else process.stdout.write(`${linesOf(report)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  if (reports.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

let wanted: Wanted | undefined;
try {
  wanted = readArguments();
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error));
}
if (wanted) await attackAll(wanted);
