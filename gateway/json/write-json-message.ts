import {
  type DescMessage,
  isMessage,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";

/**
 * A message as its protobuf JSON, fields that are empty too. Its bytes are written by the engine: the library's own Base64 goes
 * byte by byte, and a mask's logits would hold up everybody else for a third of a second.
 */
export function writeJsonMessage<S extends DescMessage>(schema: S, message: MessageShape<S>): JsonValue {
  const json = toJson(schema, withoutBytes(schema, message), { alwaysEmitImplicit: true });
  putBytes(schema, message, json);
  return json;
}

type Fields = Record<string, unknown>;

/** The same message with nothing in its fields of bytes; the one given stays as it is. */
function withoutBytes<M extends object>(desc: DescMessage, message: M): M {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(message)), message) as M & Fields;
  for (const member of desc.members) {
    const value = copy[member.localName];
    if (member.kind === "oneof") {
      const { case: kind, value: chosen } = (value ?? {}) as { case?: string; value?: unknown };
      const field = member.fields.find(({ localName }) => localName === kind);
      if (field) Object.assign(copy, { [member.localName]: { case: kind, value: emptied(field, chosen) } });
    } else if (value !== undefined) {
      Object.assign(copy, { [member.localName]: emptied(member, value) });
    }
  }
  return copy;
}

type Field = DescMessage["fields"][number];

function emptied(field: Field, value: unknown): unknown {
  if (isBytes(field)) return new Uint8Array();
  if (field.message === undefined || field.fieldKind === "map") return value;
  const { message } = field;
  // Well-known types are written in forms of their own, where there is no field to fill in.
  if (isWellKnown(message)) return value;
  if (Array.isArray(value)) return value.map((one) => withoutBytes(message, one as object));
  return isMessage(value) ? withoutBytes(message, value) : value;
}

function putBytes(desc: DescMessage, message: object, json: JsonValue): void {
  for (const field of desc.fields) {
    const value = given(message as Fields, field);
    const written = (json as JsonObject)[field.jsonName];
    if (written === undefined || value === undefined) continue;
    if (isBytes(field)) {
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      (json as JsonObject)[field.jsonName] = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
    } else if (field.message && field.fieldKind !== "map" && !isWellKnown(field.message)) {
      if (!Array.isArray(value)) putBytes(field.message, value as object, written);
      else
        for (const [index, one] of value.entries()) putBytes(field.message, one, (written as JsonValue[])[index] ?? {});
    }
  }
}

function given(message: Fields, { oneof, localName }: Field): unknown {
  if (!oneof) return message[localName];
  const chosen = message[oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}

/** One field of bytes; lists and maps of them are left to the library. */
const isBytes = ({ fieldKind, scalar }: Field) => fieldKind === "scalar" && scalar === ScalarType.BYTES;

const isWellKnown = ({ typeName }: DescMessage) => typeName.startsWith("google.protobuf.");
