import { parseArgs } from "node:util";
import { tinyModelEnv } from "../support/tiny-model.js";
import { Arena, type Scale } from "./arena/arena.js";
import { linesOf, type Report } from "./arena/report.js";
import type { Attack } from "./attack.js";
import { barsOf, linesOfBars, planOf } from "./bars.js";
import { attacks } from "./list/index.js";

/*
 * `npm run -s attack [-- NAME...] [--seed N] [--count N] [--minutes N] [--confined] [--json]`: those attacks, or all, one after the
 * other. With `--confined` against the three roles, each where the kernel ends what takes more than its manifest's memory: as root.
 * `npm run -s attack -- --long [NAME...] [--seed N] [--json]`: all of them, or those, with as much of each kind as the bars want: all in
 * about half an hour on two quiet cores. The exit status is 1 when an attack got through.
 */

const say = (line: string) => void process.stderr.write(`${line}\n`);

function refuse(what: string): void {
  const known = attacks.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`).join("\n");
  say(
    `${what}\nnpm run -s attack -- [NAME...] [--seed N] [--count N] [--minutes N] [--confined] [--long] [--json]\n${known}`,
  );
  process.exitCode = 2;
}

interface Wanted {
  names: string[];
  seed: number;
  count: number | undefined;
  minutes: number;
  isConfined: boolean;
  isLong: boolean;
  json: boolean;
}

/** @throws Error with a sentence about what is wrong. */
function readArguments(): Wanted {
  const text = { type: "string" as const };
  const flag = { type: "boolean" as const };
  const { values, positionals } = parseArgs({
    options: { seed: text, count: text, minutes: text, confined: flag, long: flag, json: flag },
    allowPositionals: true,
  });
  const numberOf = (name: "seed" | "count" | "minutes") => {
    const given = values[name];
    if (given === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(given)) throw new Error(`--${name} takes a number, not "${given}".`);
    return Number(given);
  };
  if (values.long && values.confined)
    throw new Error("--long measures times and memory, which --confined would change.");
  const unknown = positionals.filter((name) => !attacks.some((attack) => attack.name === name));
  if (unknown.length > 0) throw new Error(`There is no attack "${unknown.join(" ")}".`);
  return {
    names: positionals,
    seed: numberOf("seed") ?? 1,
    count: numberOf("count"),
    minutes: numberOf("minutes") ?? 5,
    isConfined: values.confined === true,
    isLong: values.long === true,
    json: values.json === true,
  };
}

/** An arena that is given up with the process. */
function openArena(scale: Scale): Arena {
  const arena = new Arena(scale);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void arena[Symbol.asyncDispose]().finally(() => process.exit(130)));
  }
  return arena;
}

const judging = { aloneMs: 6000, settleMs: 20_000, judgesFigures: true, rehearsal: { part: 1, mostMs: 60_000 } };

async function play(arena: Arena, json: boolean, ...attacks: [Attack, ...Attack[]]): Promise<Report> {
  for (const { name, title } of attacks) say(`${name}: ${title}`);
  const report = await arena.play(...attacks);
  if (report.failures.length > 0) process.exitCode = 1;
  if (json) say(linesOf(report));
  else process.stdout.write(`${linesOf(report)}\n`);
  return report;
}

/** Where memory is short times are no measure, and what the kernel keeps for a process no growth. */
const confining = { aloneMs: 1000, settleMs: 45_000, judgesFigures: false, isConfined: true };

async function attackAll({ names, seed, count, minutes, isConfined, json }: Wanted): Promise<void> {
  await using arena = openArena({
    ...(isConfined ? confining : judging),
    seed,
    countOf: (attack) => count ?? attack.count,
    mostMs: minutes * 60_000,
  });
  const reports = [];
  for (const attack of attacks.filter(({ name }) => names.length === 0 || names.includes(name))) {
    reports.push(await play(arena, json, attack));
  }
  if (json) process.stdout.write(`${JSON.stringify(reports)}\n`);
}

/** How long those that are counted may take, and each of the others. */
const longMs = { counted: 7 * 60_000, others: 12_000 };

async function attackLong({ names, seed, json }: Wanted): Promise<void> {
  const { counted, others } = planOf(attacks.filter(({ name }) => names.length === 0 || names.includes(name)));
  const scale = { ...judging, seed, countOf: ({ count }: Attack) => count };
  const reports: Report[] = [];
  {
    // So many pictures would take the model hours, and what their masks look like is nobody's question here.
    await using arena = openArena({ ...scale, mostMs: longMs.counted, env: tinyModelEnv({ allCores: true }) });
    for (const group of counted) reports.push(await play(arena, json, ...group));
  }
  {
    await using arena = openArena({ ...scale, aloneMs: 3000, mostMs: longMs.others });
    for (const attack of others) reports.push(await play(arena, json, attack));
  }
  const bars = barsOf(reports, names.length > 0);
  if (bars.some(({ passed }) => !passed)) process.exitCode = 1;
  if (json) say(linesOfBars(bars));
  process.stdout.write(`${json ? JSON.stringify({ bars, reports }) : linesOfBars(bars)}\n`);
}

let wanted: Wanted | undefined;
try {
  wanted = readArguments();
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error));
}
if (wanted) await (wanted.isLong ? attackLong(wanted) : attackAll(wanted));
