import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { type Family, problemsOf } from "../support/promql.js";
import { RedisServer } from "../support/redis-server.js";
import { readMetrics, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const read = (...path: string[]) => readFileSync(join(projectRoot, "deploy", ...path), "utf8");
const guide = read("OPERATIONS.md");

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { refId: string; expr: string; legendFormat: string; datasource: { uid: string } }[];
}
interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; type: string; definition?: string }[] };
}
interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
const dashboard = JSON.parse(read("observability", "dashboard.json")) as Dashboard;
const { groups } = parse(read("observability", "alerts.yaml")) as { groups: { name: string; rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);

const roles = ["gateway", "encoder", "decoder", "dataset"] as const;
/** What each role's /metrics holds. */
const exposed = new Map<string, Map<string, Family>>();
/** The same as they were sent. */
const pages: string[] = [];
const opened: AsyncDisposable[] = [];

async function start(env: Record<string, string>): Promise<Maskwire> {
  const maskwire = await startMaskwire(env);
  opened.push(maskwire);
  return maskwire;
}

/** Names and kinds as Prometheus reads them; labels, which only show once something was counted, as they are declared. */
async function families(maskwire: Maskwire): Promise<Map<string, Family>> {
  const text = await readMetrics(maskwire.adminUrl);
  const kinds = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)];
  const labels = new Map(
    maskwire.host.metrics
      .getMetricsAsArray()
      .map((metric) => [metric.name, (metric as unknown as { labelNames?: string[] }).labelNames ?? []]),
  );
  pages.push(text);
  return new Map(
    kinds.map(([, name = "", type]) => [name, { type: type as Family["type"], labels: labels.get(name) ?? [] }]),
  );
}

beforeAll(async () => {
  const redis = await RedisServer.start();
  opened.push(redis);
  const services = { ...tinyModelEnv(), MASKWIRE_CACHE_URL: redis.url };
  const encoder = await start({ ...services, MASKWIRE_ROLE: "encoder" });
  const decoder = await start({ ...services, MASKWIRE_ROLE: "decoder", MASKWIRE_DECODER_WORKERS: "1" });
  const gateway = await start({
    MASKWIRE_ROLE: "gateway",
    MASKWIRE_ENCODER_ADDRESS: new URL(encoder.url).host,
    MASKWIRE_DECODER_ADDRESSES: new URL(decoder.url).host,
  });
  const dataset = await start({
    MASKWIRE_ROLE: "dataset",
    MASKWIRE_ENCODER_ADDRESS: new URL(encoder.url).host,
    MASKWIRE_DECODER_ADDRESSES: new URL(decoder.url).host,
  });
  for (const [role, one] of Object.entries({ gateway, encoder, decoder, dataset }))
    exposed.set(role, await families(one));
});
afterAll(async () => {
  for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
});

const everywhere = () => new Map(roles.flatMap((role) => [...(exposed.get(role) ?? [])]));

describe("metrics", () => {
  it("are named alike: maskwire_, a base unit where there is one, _total for what only grows", () => {
    for (const [name, { type }] of everywhere()) {
      expect(name).toMatch(/^maskwire_[a-z0-9_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
      expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb|mib|percent)(_|$)/);
    }
  });

  it("are those of OPERATIONS.md's table, with their kind, labels and processes", () => {
    const rows = [...guide.matchAll(/^\| `(maskwire_\w+)` \| (\w+) \|([^|]*)\|([^|]*)\|/gm)];
    const documented = rows.map(([, name, type, labels = "", on = ""]) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      on: on.trim() === "every" ? [...roles] : on.trim().split(", "),
    }));
    const real = [...everywhere()].map(([name, { type, labels }]) => ({
      name,
      type,
      labels: [...labels],
      on: roles.filter((role) => exposed.get(role)?.has(name)),
    }));
    const byName = (a: { name: string | undefined }, b: { name: string | undefined }) =>
      (a.name ?? "").localeCompare(b.name ?? "");
    expect(documented.sort(byName)).toEqual(real.sort(byName));
  });
});

describe("deploy/observability/dashboard.json", () => {
  const graphs = dashboard.panels.filter(({ type }) => type !== "row");
  const targets = graphs.flatMap(({ title, targets: own = [] }) => own.map((target) => ({ title, ...target })));

  it("asks only for metrics and labels that exist", () => {
    expect(targets.length).toBeGreaterThan(30);
    for (const { title, expr, legendFormat } of targets) {
      const query = expr.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".*");
      expect(problemsOf(query, everywhere()), `${title}: ${expr}`).toEqual([]);
      // A label of the legend that the query drops would show as nothing.
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        const kept = !/\b(sum|avg|min|max)\b/.test(expr) || new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr);
        expect(kept, `${title}: ${legendFormat}`).toBe(true);
      }
    }
    for (const { type, definition = "" } of dashboard.templating.list) {
      if (type !== "query") continue;
      const [, metric = ""] = /^label_values\((\w+), \w+\)$/.exec(definition) ?? [];
      expect(everywhere().has(metric), definition).toBe(true);
    }
  });

  it("is one that Grafana can load: ids of their own, panels side by side, variables that are defined", () => {
    expect(dashboard).toMatchObject({ uid: expect.stringMatching(/^[\w-]{1,40}$/), title: "Maskwire" });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const variables = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)\}?/g)].map(([, name]) => name);
    expect(used.filter((name = "") => !variables.has(name) && !name.startsWith("__"))).toEqual([]);
    const cells = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(cells.has(`${column},${line}`), `${title} lies over another panel`).toBe(false);
          cells.add(`${column},${line}`);
        }
      }
    }
    for (const { title, description, fieldConfig, targets: own = [] } of graphs) {
      expect(description, title).toBeTruthy();
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      expect(new Set(own.map(({ refId }) => refId)).size, title).toBe(own.length);
      expect(
        own.every(({ datasource }) => /^\$\{datasource\}$/.test(datasource.uid)),
        title,
      ).toBe(true);
    }
  });
});

describe("deploy/observability/alerts.yaml", () => {
  /** GitHub's anchor of a heading. */
  const anchors = new Set(
    [...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );

  it("asks only for metrics and labels that exist", () => {
    expect(alerts.length).toBeGreaterThan(8);
    for (const { alert, expr, annotations } of alerts) {
      expect(problemsOf(expr, everywhere()), alert).toEqual([]);
      // What a sum has dropped cannot be told of.
      for (const [, label = ""] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
        expect(!/\b(sum|min|max)\b/.test(expr) || expr.includes(`by (${label})`), `${alert}: ${label}`).toBe(true);
      }
    }
  });

  it("sees the first of what it takes the increase of: such a counter is there before it has counted anything", () => {
    const counters = alerts.flatMap(({ expr }) =>
      [...expr.matchAll(/\bincrease\((\w+)/g)].map(([, name = ""]) => name),
    );
    expect(counters.sort()).toEqual(["maskwire_worker_hangs_total", "maskwire_worker_losses_total"]);
    for (const counter of counters) {
      const samples = pages.flatMap((text) => text.match(new RegExp(`^${counter}\\{.*$`, "gm")) ?? []);
      expect(samples.sort()).toEqual(["decoder", "encoder"].map((tier) => `${counter}{tier="${tier}"} 0`));
    }
  });

  it("every alert says how bad it is and what to do", () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations, for: lasting = "0s" } of alerts) {
      expect(alert).toMatch(/^Maskwire[A-Z]\w+$/);
      expect(labels.severity, alert).toMatch(/^(warning|critical)$/);
      expect(lasting, alert).toMatch(/^\d+[sm]$/);
      const [file, anchor = ""] = annotations.runbook.split("#");
      expect(file, alert).toBe("deploy/OPERATIONS.md");
      expect([...anchors], alert).toContain(anchor);
    }
  });
});
