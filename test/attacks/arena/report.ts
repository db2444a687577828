import type { Attack } from "../attack.js";
import type { Counts } from "../tally.js";
import type { Look, Scale } from "./arena.js";
import type { Clicks } from "./good-client.js";

/** What an attack did to one process. Memory in MiB of resident memory. */
export interface ProcessReport {
  role: string;
  limitMiB: number;
  /** How it ended; undefined while it lives. */
  end: string | undefined;
  before: Look;
  mostMiB: number;
  after: Look | undefined;
  /** After the same once more, where more has stayed than may. */
  again?: Look | undefined;
  /** Where the kernel held it to its limit: the most of all its processes and files, and how many the kernel has ended, since its start. */
  group?: { mostMiB: number; kills: number } | undefined;
  stallMs: number;
}

/** What one of the attackers has done. */
export interface Part {
  attack: string;
  unit: string;
  tried: number;
  answered: number;
  refused: number;
}

/** What became of an attack, or of several at once. */
export interface Report {
  seed: number;
  parts: readonly Part[];
  crashes: number;
  processes: readonly ProcessReport[];
  leakedDescriptors: number;
  longestStallMs: number;
  good: { alone: Clicks; during: Clicks; after: Clicks };
  /** Answers that were not as documented, as far as attackers keep count. */
  problems: number;
  /** Why it failed; empty when it passed. */
  failures: readonly string[];
  repeat: string;
}

/** The good client may wait so many times as long as when it is alone. */
export const mostSlowdown = 3;
/** A click that is refused with a hint when to try again is no click lost; a few of them are what overload costs. */
const mostRefused = 0.05;
/** Memory that is not given back, beside what the caches keep on purpose. */
export const mostGrowth = 1.1;

interface Seen {
  /** Of each attacker. */
  counts: readonly Counts[];
  alone: Clicks;
  during: Clicks;
  after: Clicks;
  processes: readonly ProcessReport[];
  scale: Scale;
}

export function reportOf(attacks: readonly Attack[], { counts, alone, during, after, processes, scale }: Seen): Report {
  const parts = attacks.map(({ name, unit }, index): Part => {
    const { tried, answered, refused } = counts[index] as Counts;
    return { attack: name, unit, tried, answered, refused };
  });
  const crashes = processes.reduce((sum, one) => sum + (one.end === undefined ? lostWorkers(one) : 1), 0);
  const leakedDescriptors = processes.reduce((sum, one) => sum + leaked(one), 0);
  const longestStallMs = Math.max(...processes.map(({ stallMs }) => stallMs));
  const failures = counts.flatMap(({ problems }) => problems);
  for (const { attack, tried } of parts) if (tried === 0) failures.push(`nothing was tried by ${attack}`);
  for (const one of processes) {
    if (one.end !== undefined) failures.push(`the ${one.role} process ended with ${one.end}`);
    else if (lostWorkers(one) > 0) failures.push(`the ${one.role} process lost ${lostWorkers(one)} workers`);
    if (one.group && one.group.kills > 0) {
      failures.push(`the kernel ended ${one.group.kills} processes of the ${one.role}'s for want of memory`);
    }
    if (leaked(one) > 0)
      failures.push(`the ${one.role} process still has ${leaked(one)} descriptors more than before: ${moreOf(one)}`);
    if (one.mostMiB > one.limitMiB) {
      failures.push(
        `the ${one.role} process took ${one.mostMiB.toFixed(0)} MiB, more than its manifest's ${one.limitMiB}`,
      );
    }
    if (scale.judgesFigures && growthOf(one) > mostGrowth) {
      failures.push(`the ${one.role} process kept ${(100 * growthOf(one) - 100).toFixed(0)} % more memory than before`);
    }
  }
  const lost = during.lost + after.lost;
  if (lost > 0) failures.push(`${lost} of the good client's clicks were lost`);
  if (during.refused > mostRefused * (during.clicks + during.refused)) {
    failures.push(`${during.refused} of the good client's clicks were refused, ${during.clicks} answered`);
  }
  if (scale.judgesFigures && during.clicks > 0 && during.p95Ms > mostSlowdown * alone.p95Ms) {
    failures.push(`the good client's p95 went from ${alone.p95Ms.toFixed(0)} to ${during.p95Ms.toFixed(0)} ms`);
  }
  const { seed } = scale;
  return {
    seed,
    parts,
    crashes,
    processes,
    leakedDescriptors,
    longestStallMs,
    good: { alone, during, after },
    problems: counts.reduce((sum, one) => sum + one.problems.length, 0),
    failures,
    repeat: attacks
      .map((one) => `npm run -s attack -- ${one.name} --seed ${seed} --count ${scale.countOf(one)}`)
      .join("; "),
  };
}

const lostWorkers = ({ before, after }: ProcessReport) => (after ? after.workerLosses - before.workerLosses : 0);

/** By their kinds. */
function moreOf({ before, after }: ProcessReport): string {
  const more = Object.entries(after?.kinds ?? {}).map(
    ([kind, count]) => [kind, count - (before.kinds[kind] ?? 0)] as const,
  );
  return more.flatMap(([kind, count]) => (count > 0 ? [`${kind} +${count}`] : [])).join(", ");
}

const leaked = ({ before, after }: ProcessReport) => (after ? Math.max(0, after.descriptors - before.descriptors) : 0);

/**
 * Memory after it in parts of that before, beside what the caches keep; 0 of a process that ended. Of one that met it once more it
 * is what that has added: a leak takes as much each time, what levels off does not.
 */
export function growthOf({ before, after, again }: ProcessReport): number {
  if (!after) return 0;
  const [first, last] = again ? [after, again] : [before, after];
  return 1 + (besideCaches(last) - besideCaches(first)) / besideCaches(before);
}

/** In MiB. */
export const besideCaches = ({ residentMiB, keptMiB }: Look): number => residentMiB - keptMiB;

const mostTold = 8;

/** For a person. */
export function linesOf(report: Report): string {
  const { seed, parts, crashes, processes, good, failures } = report;
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const memory = processes.map(({ role, limitMiB, before, mostMiB, after, again, group }) => {
    const then = again ? [again.residentMiB] : [];
    const figures = [before.residentMiB, mostMiB, after?.residentMiB ?? Number.NaN, ...then].map((mib) =>
      mib.toFixed(0),
    );
    const together = group ? ` (its group ${group.mostMiB.toFixed(0)} of ${limitMiB})` : "";
    return `${role} ${figures.join(" -> ")} MiB${together}, ${before.descriptors} -> ${after?.descriptors ?? "?"} descriptors`;
  });
  return [
    ...parts.map(
      ({ attack, unit, tried, answered, refused }) =>
        `${attack} (seed ${seed}): ${tried} ${unit}, ${answered} answered, ${refused} refused, ${crashes} crashes`,
    ),
    `  ${memory.join("; ")}; longest stall ${ms(report.longestStallMs)}`,
    `  the good client: p95 ${ms(good.alone.p95Ms)} alone, ${ms(good.during.p95Ms)} during (${good.during.clicks} clicks, ` +
      `${good.during.refused} refused, ${good.during.lost} lost)`,
    ...failures.slice(0, mostTold).map((failure) => `  FAILED: ${failure}`),
    ...(failures.length > mostTold ? [`  FAILED: and ${failures.length - mostTold} more`] : []),
    ...(failures.length > 0 ? [`  again: ${report.repeat}`] : []),
  ].join("\n");
}
