import { expect, it } from "vitest";
import { type Family, problemsOf } from "../support/promql.js";

const families = new Map<string, Family>([
  ["clicks_total", { type: "counter", labels: ["outcome"] }],
  ["sessions", { type: "gauge", labels: [] }],
  ["click_seconds", { type: "histogram", labels: ["stage"] }],
]);

it.each([
  "sum by (outcome) (rate(clicks_total[5m]))",
  'histogram_quantile(0.95, sum by (le, stage) (rate(click_seconds_bucket{stage="queue"}[5m]))) > 0.1',
  "sum(rate(click_seconds_sum[5m])) / sum(rate(click_seconds_count[5m]))",
  'sessions{instance=~"a.*"} / on(instance) sessions offset 5m',
  "sum by (outcome) (rate(clicks_total[1m])) / ignoring(outcome) group_left sum(rate(clicks_total[1m]))",
])("%s is well", (query) => {
  expect(problemsOf(query, families)).toEqual([]);
});

it.each([
  ["sum(rate(klicks_total[5m]))", ["there is no metric klicks_total"]],
  ['rate(clicks_total{code="x"}[5m])', ["clicks_total has no label code"]],
  ["sum by (stage) (rate(clicks_total[5m]))", ["nothing has the label stage"]],
  [
    "sum by (le) (rate(clicks_total[5m])) / on(le) sum by (le) (rate(click_seconds_bucket[5m]))",
    ["nothing has the label le"],
  ],
  ["rate(click_seconds[5m])", ["there is no metric click_seconds"]],
  ["clicks_total > 1", ["clicks_total is counted"]],
  ["rate(sessions[5m])", ["sessions is not counted"]],
  ["max_over_time(clicks_total[5m])", ["clicks_total is counted"]],
  ["vector(1)", ["asks for no metric"]],
])("%s is not", (query, problems) => {
  expect(problemsOf(query, families)).toEqual(problems);
});

it("what does not parse is said to", () => {
  expect(problemsOf("sum(sessions{", families).join()).toContain("does not parse");
});
