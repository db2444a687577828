import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readingsToBegin, readingsToEnd } from "../../services/runtime/overload/overload-state.js";
import { overloadDefaults, thresholdsOf } from "../../services/runtime/overload/thresholds.js";
import { projectRoot } from "../../services/runtime/project-root.js";

const guide = readFileSync(join(projectRoot, "deploy", "OPERATIONS.md"), "utf8");

it("OPERATIONS.md's table of actions against overload is what the defaults come to", () => {
  const rows = [...guide.matchAll(/^\| `((?:shrink|disconnect|refuse)-\w+)`[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, action, delay = "", share = ""]) => ({ action, delay: delay.trim(), share: share.trim() }),
  );
  const milliseconds = (ms: number | undefined) => (ms === undefined ? "" : ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
  const real = thresholdsOf(overloadDefaults).map(({ action, triggers }) => {
    const begins = (monitor: string) => triggers.find((trigger) => trigger.monitor === monitor)?.begins;
    expect(begins("heap")).toBe(begins("memory"));
    return {
      action,
      delay: milliseconds(begins("loopDelayMs")),
      share: `${Math.round((begins("memory") ?? 0) * 100)} %`,
    };
  });
  expect(rows).toEqual(real);
  expect([readingsToBegin, readingsToEnd]).toEqual([3, 5]);
  expect(guide).toContain("begins after three readings in a row, and ends after five");
});
