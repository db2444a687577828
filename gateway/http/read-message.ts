import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "../../services/runtime/errors.js";

/** A request's body as a message. @throws ServiceError INVALID_ARGUMENT saying what of it is not one. */
export function readMessage<S extends DescMessage>(schema: S, body: unknown): MessageShape<S> {
  try {
    return fromJson(schema, JSON.parse(String(body ?? "")) as JsonValue);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalidArgument(`The body is not a ${schema.name} in JSON: ${why}`);
  }
}
