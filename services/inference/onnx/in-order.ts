import type { NodeProto } from "../../../proto/onnx.js";
import { UnknownGraphError } from "./unknown-graph-error.js";

/**
 * The nodes that some outputs are made of, each after those that it reads; the others are left out.
 * @throws UnknownGraphError when one reads what is made of its own result.
 */
export function inOrder(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const producers = new Map(nodes.flatMap((node) => node.output.map((value) => [value, node] as const)));
  const ordered = new Set<NodeProto>();
  const begun = new Set<NodeProto>();
  // By hand: a graph may be deeper than the stack.
  const waiting = outputs.flatMap((value) => producers.get(value) ?? []).reverse();
  for (let node = waiting.at(-1); node !== undefined; node = waiting.at(-1)) {
    const before = ordered.has(node)
      ? []
      : node.input.flatMap((value) => producers.get(value) ?? []).filter((one) => !ordered.has(one));
    if (before.length > 0) {
      if (begun.has(node)) throw new UnknownGraphError("a graph without circles", `one through ${node.output[0]}`);
      begun.add(node);
      waiting.push(...before.reverse());
      continue;
    }
    ordered.add(node);
    waiting.pop();
  }
  return [...ordered];
}
