import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { invalidArgument } from "../../../services/runtime/errors.js";

/** As Fastify reads a query: a parameter that comes several times is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Of the library's reason, which may repeat a value of any length. */
const longestReason = 200;
/** An entry of a map: `attributes[weather]`. */
const mapForm = /^(\w+)\[(.*)\]$/s;
/** `filter.labels` is deep enough. */
const deepest = 4;

/**
 * A request whose fields are a query's parameters, by their names in protobuf JSON: a dot goes into a message, a list's entries come
 * one by one, and a map's by their keys in brackets. @throws ServiceError INVALID_ARGUMENT naming the parameter.
 */
export function queryMessage<S extends DescMessage>(schema: S, query: Query): MessageShape<S> {
  const json: JsonObject = {};
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) put(schema, json, name, [value].flat());
  }
  try {
    return fromJson(schema, json);
  } catch (cause) {
    const why =
      cause instanceof Error ? cause.message.slice(0, longestReason).replace(/\.$/, "") : "it has no such form";
    throw invalidArgument(`The query is no ${schema.name}: ${why}.`);
  }
}

/** Sets fields that stand in a path. @throws ServiceError INVALID_ARGUMENT for a number that is none. */
export function putPathFields<S extends DescMessage>(schema: S, message: MessageShape<S>, params: Query): void {
  for (const [name, value] of Object.entries(params)) {
    const field = schema.fields.find((one) => one.name === name);
    if (!field || typeof value !== "string") throw new Error(`${schema.name} has no field ${name}`);
    Object.assign(message, { [field.localName]: scalarOf(field, value) });
  }
}

function scalarOf({ scalar, name }: DescField, text: string): string | bigint {
  if (scalar === ScalarType.STRING) return text;
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw invalidArgument(`The path names a ${name} that is no whole number: "${text.slice(0, 80)}".`);
}

function put(schema: DescMessage, json: JsonObject, name: string, values: readonly string[]): void {
  const [, ofMap, key] = mapForm.exec(name) ?? [];
  if (ofMap !== undefined && key !== undefined) return putEntry(schema, json, { name, field: ofMap, key, values });
  const steps = name.split(".").slice(0, deepest + 1);
  let [desc, into]: [DescMessage, JsonObject] = [schema, json];
  for (const [index, step] of steps.entries()) {
    const field = desc.fields.find((one) => one.jsonName === step || one.name === step);
    const isLast = index === steps.length - 1;
    const isMessage = field?.fieldKind === "message" && !field.message.typeName.startsWith("google.protobuf.");
    if (!field || field.fieldKind === "map" || isLast === isMessage) throw unknownParameter(schema, name);
    if (isLast) {
      into[field.jsonName] = jsonOf(field, name, values);
    } else if (field.message) {
      into[field.jsonName] ??= {};
      into = into[field.jsonName] as JsonObject;
      desc = field.message;
    }
  }
}

interface Entry {
  readonly name: string;
  readonly field: string;
  readonly key: string;
  readonly values: readonly string[];
}

function putEntry(schema: DescMessage, json: JsonObject, { name, field: ofMap, key, values }: Entry): void {
  const field = schema.fields.find((one) => one.jsonName === ofMap || one.name === ofMap);
  // No message keeps an entry of that name.
  if (field?.fieldKind !== "map" || key === "__proto__") throw unknownParameter(schema, name);
  json[field.jsonName] ??= {};
  const entries = json[field.jsonName] as JsonObject;
  entries[key] = onlyOne(name, values);
}

function onlyOne(name: string, [only, ...others]: readonly string[]): string {
  if (only === undefined || others.length > 0) throw invalidArgument(`The parameter ${name} is there more than once.`);
  return only;
}

function jsonOf(field: DescField, name: string, values: readonly string[]): JsonObject[string] {
  const isFlag = field.fieldKind !== "map" && field.scalar === ScalarType.BOOL;
  const one = (text: string) => {
    if (!isFlag) return text;
    if (text === "true" || text === "false") return text === "true";
    throw invalidArgument(`The parameter ${name} is true or false; "${text.slice(0, 80)}" is neither.`);
  };
  if (field.fieldKind === "list") return values.map(one);
  return one(onlyOne(name, values));
}

function unknownParameter({ name }: DescMessage, parameter: string) {
  return invalidArgument(`A ${name} has no parameter "${parameter.slice(0, 80)}".`);
}
