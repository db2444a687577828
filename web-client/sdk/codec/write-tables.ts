import type { DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
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

/** A module in the place of a file's generated one: its messages as tables, its enums, and nothing of its services. */
export function writeTables(file: DescFile): string {
  const own = file.dependencies.filter(({ name }) => name.startsWith("maskwire/"));
  const imports = own.map(({ name }) => {
    const stem = name.replace("maskwire/v1/", "");
    return `import * as ${moduleName(name)} from "./${stem}_pb.js";`;
  });
  const enums = file.enums.map(({ name, values }) => {
    const both = values.flatMap(({ localName, number }): [string | number, string | number][] => [
      [localName, number],
      [number, localName],
    ]);
    return `export const ${name} = ${JSON.stringify(Object.fromEntries(both))};`;
  });
  const messages = file.messages.map((message) => {
    // No session carries these.
    if (!isKnown(message)) return `export const ${message.name}Schema = undefined;`;
    const fields = message.fields.map((field) => writeField(file, field));
    return `export const ${message.name}Schema = { typeName: "${message.typeName}", fields: [${fields.join(", ")}] };`;
  });
  // Named by the limits of servers, which no client has.
  const services = file.services.map(({ name }) => `export const ${name} = undefined;`);
  return [...imports, ...enums, ...messages, ...services].join("\n");
}

/** Whether a message and all in it are of what tables know: no maps, no numbers of 64 bits, nothing of other packages. */
export function isKnown(message: DescMessage, above: readonly DescMessage[] = []): boolean {
  if (above.includes(message)) return true;
  if (!message.typeName.startsWith("maskwire.v1.")) return false;
  return message.fields.every((field) => {
    if (field.fieldKind === "map") return false;
    if (field.message) return isKnown(field.message, [...above, message]);
    return field.enum !== undefined || (field.scalar !== undefined && field.scalar in kinds);
  });
}

function writeField(file: DescFile, field: DescField): string {
  const { number, localName, oneof, fieldKind, proto } = field;
  const isList = fieldKind === "list";
  const kind = field.message ? "message" : field.enum ? "enum" : kinds[field.scalar as number];
  const rule = oneof ? `oneof:${oneof.localName}` : isList ? "repeated" : proto.proto3Optional ? "optional" : "";
  const parts = [number, JSON.stringify(localName), JSON.stringify(kind), JSON.stringify(rule)];
  if (field.message) parts.push(`() => ${reference(file, field.message)}`);
  if (field.enum) {
    const names = Object.fromEntries(field.enum.values.map((value) => [value.name, value.number]));
    parts.push(`() => (${JSON.stringify(names)})`);
  }
  return `[${parts.join(", ")}]`;
}

function reference(file: DescFile, of: DescMessage): string {
  return of.file === file ? `${of.name}Schema` : `${moduleName(of.file.name)}.${of.name}Schema`;
}

const moduleName = (file: string) => `in_${file.replace(/\W/g, "_")}`;
