import { expect, it } from "vitest";
import { createMetrics } from "../host-metrics.js";
import { otherTenants, TenantLabels } from "./tenant-labels.js";

it("K8 names the first tenants, and then those that do far more than the least of them", () => {
  const dropped: string[] = [];
  const labels = new TenantLabels((tenant) => dropped.push(tenant));
  const first = Array.from({ length: 20 }, (_, number) => `first-${number}`);
  for (let turn = 0; turn < 10; turn++) for (const tenant of first) expect(labels.of(tenant)).toBe(tenant);
  for (let turn = 0; turn < 10; turn++) labels.of("first-0");
  const seen = Array.from({ length: 30 }, () => labels.of("late"));
  expect(seen.indexOf("late")).toBe(20);
  expect(new Set(seen.slice(0, 20))).toEqual(new Set([otherTenants]));
  expect(new Set(seen.slice(20))).toEqual(new Set(["late"]));
  expect(dropped).toHaveLength(1);
  expect(first.slice(1)).toContain(dropped[0]);
  // One that was dropped does not come back by doing what it did.
  expect(labels.of(dropped[0] as string)).toBe(otherTenants);
});

it("K8 has no more series than that, however many tenants there are, and counts nothing of the nameless one", async () => {
  const metrics = createMetrics();
  for (let number = 0; number < 5000; number++) metrics.ofTenant("request", `t-${number}`);
  for (let turn = 0; turn < 500; turn++) {
    metrics.ofTenant("request", "busy");
    metrics.ofTenant("refused", "busy");
    metrics.ofTenant("request", undefined);
  }
  const { values } = (await metrics.getSingleMetric("maskwire_tenant_work_total")?.get()) ?? { values: [] };
  expect(new Set(values.map(({ labels }) => labels.tenant)).size).toBeLessThanOrEqual(21);
  expect(values.filter(({ labels }) => labels.tenant === "busy").length).toBe(2);
  expect(values.some(({ labels }) => labels.tenant === undefined)).toBe(false);
  metrics.close();
});
