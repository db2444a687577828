import type { ClickFigures } from "./ledger.js";

/** What became of a scenario. */
export interface Report {
  scenario: string;
  people: number;
  figures: ClickFigures & { wrong: number; disordered: number; repeated: number };
  /** Peak resident memory in MiB by process. */
  peakMiB: Record<string, number>;
  notes: readonly string[];
  /** Why it failed; empty when it passed. */
  failures: readonly string[];
}

/** The line of figures. */
export function lineOf({ scenario, people, figures, peakMiB, notes, failures }: Report): string {
  const { clicks, answered, retried, resent, refused, lost, wrong, disordered, repeated } = figures;
  const recovery =
    figures.affected === 0
      ? "no click was touched"
      : `${figures.affected} clicks touched, recovery p50 ${seconds(figures.recoveryP50Ms)} p99 ${seconds(figures.recoveryP99Ms)}, ` +
        `the last ${seconds(figures.recoveredAfterMs)} after the fault`;
  const peaks = Object.entries(peakMiB).map(([name, mib]) => `${name} ${mib}`);
  const parts = [
    `${people} sessions, ${clicks} clicks, ${answered} answered (${retried} after a refusal with a retry, ${resent} sent again)`,
    `${refused} refused for good, ${lost} lost, ${wrong} wrong, ${disordered} out of order, ${repeated} twice`,
    recovery,
    peaks.length === 0 ? "memory unknown here" : `peak MiB: ${peaks.join(", ")}`,
    ...notes,
    ...failures.map((failure) => `FAILED: ${failure}`),
  ];
  return `${scenario}: ${parts.join("; ")}`;
}

const seconds = (ms = 0) => `${(ms / 1000).toFixed(2)} s`;

/** Least to greatest, for the end of a run: the most that any process of a kind held in any scenario. */
export function greatestPeaks(reports: readonly Report[]): Record<string, number> {
  const greatest: Record<string, number> = {};
  for (const { peakMiB } of reports) {
    for (const [name, mib] of Object.entries(peakMiB)) {
      const kind = name.replace(/-\d+$/, "");
      greatest[kind] = Math.max(mib, greatest[kind] ?? 0);
    }
  }
  return greatest;
}
