import type { DescEnum, DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import type { Kind } from "./table.js";

/** `ScalarType` of those that the contract uses. */
const kinds: Readonly<Record<number, Kind>> = {
  1: "double",
  2: "float",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
};

/**
 * A module in the place of a file's generated one: its messages as tables, its enums, and nothing of its services.
 * @param table the module of `table.ts`, as the text names it.
 */
export function writeTables(file: DescFile, table: string): string {
  const own = file.dependencies.filter(({ name }) => name.startsWith("maskwire/"));
  const imports = own.map(({ name }) => {
    const stem = name.replace("maskwire/v1/", "");
    return `import * as ${moduleName(name)} from "./${stem}_pb.js";`;
  });
  const enums = file.enums.map((one) => {
    const numbers = Object.fromEntries(one.values.map(({ localName, number }) => [localName, number]));
    return `export const ${one.name} = /* @__PURE__ */ enumOf(${JSON.stringify((one.sharedPrefix ?? "").toUpperCase())}, ${JSON.stringify(numbers)});`;
  });
  const messages = file.messages.map((message) => {
    // No session carries these.
    if (!isKnown(message)) return `export const ${message.name}Schema = undefined;`;
    const fields = message.fields.map((field) => writeField(file, field));
    return `export const ${message.name}Schema = /* @__PURE__ */ table("${message.typeName}", [${fields.join(", ")}]);`;
  });
  // Named by the limits of servers, which no client has.
  const services = file.services.map(({ name }) => `export const ${name} = undefined;`);
  return [
    `import { enumOf, table } from ${JSON.stringify(table)};`,
    ...imports,
    ...enums,
    ...messages,
    ...services,
  ].join("\n");
}

/** Whether a message and all in it are of what tables know: no maps, no numbers of 64 bits, nothing of other packages. */
export function isKnown(message: DescMessage, above: readonly DescMessage[] = []): boolean {
  if (above.includes(message)) return true;
  if (!message.typeName.startsWith("maskwire.v1.")) return false;
  return message.fields.every((field) => {
    if (field.message) return field.fieldKind !== "map" && isKnown(field.message, [...above, message]);
    return field.enum !== undefined || (field.scalar !== undefined && field.scalar in kinds);
  });
}

function writeField(file: DescFile, field: DescField): string {
  const { number, localName, oneof, fieldKind, proto } = field;
  const isList = fieldKind === "list";
  const of = field.message ?? field.enum;
  const kind = field.message ? "message" : field.enum ? "enum" : kinds[field.scalar as number];
  const rule = oneof ? `oneof:${oneof.localName}` : isList ? "repeated" : proto.proto3Optional ? "optional" : "";
  const parts = [number, JSON.stringify(localName), JSON.stringify(kind), JSON.stringify(rule)];
  return `[${[...parts, ...(of === undefined ? [] : [`() => ${reference(file, of)}`])].join(", ")}]`;
}

function reference(file: DescFile, of: DescMessage | DescEnum): string {
  const name = of.kind === "message" ? `${of.name}Schema` : of.name;
  return of.file === file ? name : `${moduleName(of.file.name)}.${name}`;
}

const moduleName = (file: string) => `in_${file.replace(/\W/g, "_")}`;
