import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "../../services/runtime/errors.js";
import { JsonMessageError, notJson, readJsonMessage } from "./read-json-message.js";

/**
 * A message in protobuf JSON, of a request's body as of a frame; a byte order mark before it is none of it.
 * @param what the body or the frame, as its sender knows it.
 * @throws ServiceError INVALID_ARGUMENT saying what of it is not one.
 */
export function readJson<S extends DescMessage>(schema: S, bytes: Uint8Array, what: string): MessageShape<S> {
  try {
    return readJsonMessage(schema, textOf(bytes));
  } catch (cause) {
    if (!(cause instanceof JsonMessageError)) throw cause;
    throw invalidArgument(`The ${what} is not a ${schema.name} in protobuf JSON: ${cause.message.replace(/\.$/, "")}.`);
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    // Drops the mark, and tells bytes that are no text.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notJson(cause);
  }
}
