import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** A metric family as a process exposes it. */
export interface Family {
  type: "counter" | "gauge" | "histogram" | "summary";
  labels: readonly string[];
}

/** What Prometheus itself adds to every series of a target. */
const targetLabels = ["job", "instance"];

/**
 * What is wrong with a query: it does not parse, or names a metric or a label that does not exist, or takes the rate of
 * what is no counter. Grafana's own variables must have been filled in.
 */
export function problemsOf(query: string, families: ReadonlyMap<string, Family>): string[] {
  const problems = new Set<string>();
  const text = ({ from, to }: { from: number; to: number }) => query.slice(from, to);
  const selected: { node: SyntaxNode; labels: readonly string[] }[] = [];

  each(parser.parse(query).topNode, (node) => {
    if (node.type.isError) problems.add(`does not parse at "${query.slice(node.from, node.from + 20)}"`);
    if (node.name !== "VectorSelector") return;
    const identifier = node.getChild("Identifier");
    const name = identifier ? text(identifier) : "a selector without a name";
    const series = seriesOf(name, families);
    if (!series) return void problems.add(`there is no metric ${name}`);
    selected.push({ node, labels: series.labels });
    each(node, (inner) => {
      if (inner.name === "LabelName" && !series.labels.includes(text(inner)))
        problems.add(`${name} has no label ${text(inner)}`);
    });
    const call = callAround(node);
    const isRate = call !== undefined && /^(rate|irate|increase|resets)$/.test(text(call));
    if (isRate !== series.isCounted) problems.add(`${name} is ${series.isCounted ? "" : "not "}counted`);
  });
  if (selected.length === 0 && problems.size === 0) problems.add("asks for no metric");

  each(parser.parse(query).topNode, (node) => {
    if (node.name !== "GroupingLabels") return;
    // Of an aggregation its own input counts; of a join both sides.
    const scope = enclosing(node, ["AggregateExpr", "BinaryExpr"]);
    const inside = selected.filter((one) => scope && one.node.from >= scope.from && one.node.to <= scope.to);
    for (const label of node.getChildren("LabelName")) {
      if (!inside.some(({ labels }) => labels.includes(text(label))))
        problems.add(`nothing has the label ${text(label)}`);
    }
  });
  return [...problems];
}

/** A name in a query is a family, or one of a histogram's series. */
function seriesOf(name: string, families: ReadonlyMap<string, Family>) {
  const [, base = name, suffix] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const family = families.get(name);
  if (family && family.type !== "histogram") {
    return { labels: [...family.labels, ...targetLabels], isCounted: family.type === "counter" };
  }
  const histogram = families.get(base);
  if (histogram?.type !== "histogram" || !suffix) return undefined;
  return { labels: [...histogram.labels, ...targetLabels, ...(suffix === "bucket" ? ["le"] : [])], isCounted: true };
}

function callAround(selector: SyntaxNode): SyntaxNode | undefined {
  if (selector.parent?.name !== "MatrixSelector") return undefined;
  return enclosing(selector, ["FunctionCall"])?.getChild("FunctionIdentifier") ?? undefined;
}

function enclosing(node: SyntaxNode, names: string[]): SyntaxNode | undefined {
  for (let at = node.parent; at; at = at.parent) if (names.includes(at.name)) return at;
  return undefined;
}

function each(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (let child = node.firstChild; child; child = child.nextSibling) each(child, visit);
}
