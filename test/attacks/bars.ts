import { growthOf, mostGrowth, mostSlowdown, type Report } from "./arena/report.js";
import type { Attack } from "./attack.js";

/** What all that was played has to come to. */
interface Bar {
  bar: string;
  wanted: string;
  got: string;
  passed: boolean;
}

/** So many of each kind have to be tried, by these attacks. */
const kinds = [
  { bar: "frames", attacks: ["fuzz-binary-frames", "fuzz-json-frames"], least: 100_000 },
  { bar: "calls", attacks: ["fuzz-calls"], least: 50_000 },
  { bar: "uploads", attacks: ["fuzz-uploads"], least: 10_000 },
] as const;

/** Played at once, so that all of it fits into half an hour: what is counted, and what goes with it. */
const together = [
  ["fuzz-binary-frames", "fuzz-json-frames", "fuzz-uploads"],
  ["fuzz-calls", "fuzz-pictures"],
];

interface Plan {
  /** Each until as much was tried as is wanted. */
  counted: readonly [Attack, ...Attack[]][];
  /** Each for some seconds. */
  others: readonly Attack[];
}

/** @param attacks all of them, or some: of those that go together, those that are among them do. */
export function planOf(attacks: readonly Attack[]): Plan {
  const counted = together
    .map((names) => attacks.filter(({ name }) => names.includes(name)))
    .filter((group): group is [Attack, ...Attack[]] => group.length > 0);
  return { counted, others: attacks.filter((attack) => !counted.some((group) => group.includes(attack))) };
}

/** Of what was tried, so much was turned away: the attack was refused at the door. */
const atTheDoor = 0.9;

/** @param isPart whether some attacks only were wanted: then nothing is missed of a kind that none of them is of. */
export function barsOf(reports: readonly Report[], isPart = false): Bar[] {
  const parts = reports.flatMap((report) => report.parts);
  const isPlayed = ({ attacks }: (typeof kinds)[number]) =>
    parts.some(({ attack }) => (attacks as readonly string[]).includes(attack));
  const tried = kinds
    .filter((kind) => !isPart || isPlayed(kind))
    .map(({ bar, attacks, least }) => {
      const names: readonly string[] = attacks;
      const got = parts.reduce((sum, { attack, tried }) => sum + (names.includes(attack) ? tried : 0), 0);
      return { bar: `${bar} tried`, wanted: `${least}`, got: `${got}`, passed: got >= least };
    });
  const none = (bar: string, of: (report: Report) => number) => {
    const got = reports.reduce((sum, report) => sum + of(report), 0);
    return { bar, wanted: "0", got: `${got}`, passed: got === 0 };
  };
  return [
    ...tried,
    none("crashes and lost workers", ({ crashes }) => crashes),
    none("leaked descriptors", ({ leakedDescriptors }) => leakedDescriptors),
    none("clicks of the good client that were lost", ({ good }) => good.during.lost + good.after.lost),
    none("answers that are not as documented", ({ problems }) => problems),
    worst("memory that stays", `at most ${percent(mostGrowth)} of before`, reports, (report) => {
      const growth = Math.max(...report.processes.map(growthOf));
      return { value: growth, text: percent(growth), passed: growth <= mostGrowth };
    }),
    worst("the good client's p95", `at most ${mostSlowdown}x alone, or refused at the door`, reports, (report) => {
      const { alone, during } = report.good;
      const slowdown = during.clicks === 0 ? 0 : during.p95Ms / alone.p95Ms;
      const passed = slowdown <= mostSlowdown || refusedPart(report) >= atTheDoor;
      return { value: passed ? 0 : slowdown, text: `${slowdown.toFixed(1)}x`, passed };
    }),
  ];
}

const percent = (part: number) => `${(100 * part).toFixed(0)} %`;

function refusedPart({ parts }: Report): number {
  const sum = (key: "tried" | "refused") => parts.reduce((all, part) => all + part[key], 0);
  return sum("refused") / Math.max(1, sum("tried"));
}

/** The report that is furthest from a bar. */
function worst(
  bar: string,
  wanted: string,
  reports: readonly Report[],
  judge: (report: Report) => { value: number; text: string; passed: boolean },
): Bar {
  const judged = reports.map((report) => ({ ...judge(report), names: report.parts.map(({ attack }) => attack) }));
  const [first] = judged.toSorted((a, b) => b.value - a.value);
  const missed = judged.filter(({ passed }) => !passed).flatMap(({ names }) => names);
  const most = first ? `${first.text} (${first.names.join(", ")})` : "nothing was played";
  return {
    bar,
    wanted,
    got: missed.length > 1 ? `${most}; missed by ${missed.join(", ")}` : most,
    passed: missed.length === 0,
  };
}

export function linesOfBars(bars: readonly Bar[]): string {
  return bars
    .map(({ bar, wanted, got, passed }) => `${passed ? "passed" : "FAILED"}  ${bar}: ${got} (wanted: ${wanted})`)
    .join("\n");
}
