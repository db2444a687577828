/*
 * The contract's messages as a small program knows them: what takes the place of the generated descriptors, which are most of
 * what a page would load.
 */

/** What a value is on the wire. */
export type Kind = "double" | "float" | "uint32" | "bool" | "string" | "bytes" | "enum" | "message";

/** "" for a field that has its zero when it is left out, `optional`, `repeated`, or `oneof:` and the group's name. */
export type Rule = "" | "optional" | "repeated" | `oneof:${string}`;

export type Field = readonly [number: number, name: string, kind: Kind, rule: Rule, of?: () => Table | EnumTable];

export interface Table {
  readonly typeName: string;
  readonly fields: readonly Field[];
}

/** Numbers by their names in JSON. */
export type EnumTable = Readonly<Record<string, number>>;

export const table = (typeName: string, fields: readonly Field[]): Table => ({ typeName, fields });

/** An enum as generated code has it, names to numbers and back, its names in JSON aside. @param prefix of all of these. */
export function enumOf(prefix: string, numbers: EnumTable): Record<string, string | number> {
  const object: Record<string, string | number> = {};
  for (const [name, number] of Object.entries(numbers)) {
    object[name] = number;
    object[number] = name;
  }
  // Seen by nobody who goes through the enum.
  Object.defineProperty(object, inJson, {
    value: (name: string) => numbers[name.startsWith(prefix) ? name.slice(prefix.length) : ""],
  });
  return object;
}

export const inJson = Symbol("inJson");
