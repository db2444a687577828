import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What axe-core finds wrong with a page as it is. The script is run by the test's own protocol: the page's policy allows none. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const run = "axe.run().then(({ violations, passes }) => ({ violations, passed: passes.length }))";
  const { violations, passed } = (await page.evaluate(run)) as { violations: Violation[]; passed: number };
  // Fewer rules than that would mean that it has not looked.
  expect(passed).toBeGreaterThan(20);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
  );
}
