import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { codecOf } from "./codec.js";
import { Unreadable } from "./unreadable.js";

/** A method of the contract in grpc-js's terms; messages are protobuf-es messages on both sides. */
export function methodDefinition(method: DescMethod): MethodDefinition<unknown, unknown> {
  const input = asGrpc(method.input);
  const output = asGrpc(method.output);
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: input.serialize,
    requestDeserialize: (bytes) => readable(method.input.name, () => input.deserialize(bytes)),
    responseSerialize: output.serialize,
    responseDeserialize: output.deserialize,
  };
}

function readable(kind: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    return new Unreadable(kind, cause);
  }
}

function asGrpc(schema: DescMethod["input"]) {
  const codec = codecOf(schema);
  return {
    // Buffer.from on an ArrayBuffer makes a view, not a copy.
    serialize: (message: unknown) => {
      const bytes = codec.encode(message as never);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize: (bytes: Buffer) => codec.decode(bytes),
  };
}

/** grpc-js wants a plain object keyed by the method's local name. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]));
}
