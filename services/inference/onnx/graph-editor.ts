import { clone, create } from "@bufbuild/protobuf";
import type { ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto } from "../../../proto/onnx.js";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  ValueInfoProtoSchema,
} from "../../../proto/onnx.js";
import { type Dimension, GraphBuilder, type Value, valueInfo } from "./graph-builder.js";
import { inOrder } from "./in-order.js";

/**
 * Changes to a graph, collected and then made in one go: the graph itself stays as it is. New nodes are written in the graph's
 * own opset, whichever that is.
 */
export class GraphEditor {
  /** New nodes and constants. Nothing of them is in the graph until something there reads them. */
  readonly write: GraphBuilder;
  readonly #model: ModelProto;
  readonly #replaced = new Map<Value, Value>();
  readonly #rewired = new Map<NodeProto, Map<number, Value>>();
  readonly #described = new Map<Value, readonly Dimension[]>();
  readonly #freed = new Map<string, Readonly<Record<number, string>>>();

  /** @param name goes before the names of all that is new; each editor of a graph needs one of its own. */
  constructor(model: ModelProto, name: string) {
    this.#model = model;
    this.write = new GraphBuilder(name, [name]);
  }

  /** Whoever reads `value`, also who asks for the graph's output of that name, gets `by` instead. */
  replace(value: Value, by: Value): void {
    this.#replaced.set(value, by);
  }

  /** One input of a node of the graph, whatever `replace` says of it. */
  rewire(node: NodeProto, input: number, by: Value): void {
    const known = this.#rewired.get(node) ?? new Map<number, Value>();
    this.#rewired.set(node, known.set(input, by));
  }

  /** Dimensions of an input or output of the graph, by their place, that are known only when it runs; each by its name. */
  free(name: string, dims: Readonly<Record<number, string>>): void {
    this.#freed.set(name, dims);
  }

  /** The dimensions of a value, for the runtime, which cannot work out itself which are equal: those of one name are. */
  describe(value: Value, dims: readonly Dimension[]): void {
    this.#described.set(value, dims);
  }

  /** The changed graph, without what nothing of it reads any more. */
  result(): ModelProto {
    const graph = this.#model.graph ?? create(GraphProtoSchema);
    const { nodes, initializers } = this.write.made;
    const outputs = graph.output.map(({ name }) => name);
    const all = [...graph.node.map((node) => this.#changed(node)), ...nodes.map((node) => this.#changed(node))];
    const node = inOrder(renamed(all, this.#outputNames(outputs)), outputs);
    const read = new Set([...outputs, ...node.flatMap(({ input }) => input)]);
    // New ones last: numbers that go by what they are may be there from an earlier change.
    const byName = new Map([...graph.initializer, ...initializers].map((tensor) => [tensor.name, tensor]));
    const initializer = [...byName.values()].filter(({ name }) => read.has(name));
    const { name } = graph;
    const [input, output] = [graph.input, graph.output].map((all) => all.map((value) => this.#freedOf(value)));
    const { irVersion, producerName } = this.#model;
    const opsetImport = withDomains(this.#model.opsetImport, node);
    return create(ModelProtoSchema, {
      irVersion,
      producerName,
      opsetImport,
      graph: create(GraphProtoSchema, {
        name,
        node,
        initializer,
        input: input!,
        output: output!,
        valueInfo: [...this.#described]
          .filter(([value]) => read.has(value))
          .map(([value, dims]) => valueInfo(value, dims, "")),
      }),
    });
  }

  #changed(node: NodeProto): NodeProto {
    const rewired = this.#rewired.get(node);
    return copied(
      node,
      node.output,
      node.input.map((value, index) => rewired?.get(index) ?? this.#final(value)),
    );
  }

  #freedOf(info: ValueInfoProto): ValueInfoProto {
    const dims = this.#freed.get(info.name);
    if (dims === undefined) return info;
    const changed = clone(ValueInfoProtoSchema, info);
    const type = changed.type?.value;
    for (const [place, name] of Object.entries(dims)) {
      const dim = type?.case === "tensorType" ? type.value.shape?.dim[Number(place)] : undefined;
      if (dim !== undefined) dim.value = { case: "dimParam", value: name };
    }
    return changed;
  }

  #final(value: Value): Value {
    const by = this.#replaced.get(value);
    return by === undefined ? value : this.#final(by);
  }

  /** An output that was replaced keeps its name, which its new value takes; what had it takes another. */
  #outputNames(outputs: readonly string[]): Map<Value, Value> {
    const names = new Map<Value, Value>();
    for (const output of outputs) {
      const by = this.#final(output);
      if (by === output) continue;
      names.set(by, output);
      names.set(output, `${output}/replaced`);
    }
    return names;
  }
}

/** Operators that ONNX Runtime alone has are all of its version 1. */
function withDomains(known: readonly OperatorSetIdProto[], nodes: readonly NodeProto[]): OperatorSetIdProto[] {
  const added = new Set(nodes.map(({ domain }) => domain));
  for (const { domain } of known) added.delete(domain);
  added.delete("");
  return [...known, ...[...added].map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n }))];
}

function renamed(nodes: readonly NodeProto[], names: ReadonlyMap<Value, Value>): NodeProto[] {
  if (names.size === 0) return [...nodes];
  const rename = (value: Value): Value => names.get(value) ?? value;
  return nodes.map((node) => copied(node, node.output.map(rename), node.input.map(rename)));
}

function copied({ name, opType, domain, attribute }: NodeProto, output: string[], input: string[]): NodeProto {
  return create(NodeProtoSchema, { name, opType, domain, attribute, input, output });
}
