/*
 * The contract's messages as a small program knows them: what takes the place of the generated descriptors, which are most of
 * what a page would load.
 */

/** What a value is on the wire. */
export type Kind = "double" | "float" | "uint32" | "bool" | "string" | "bytes" | "enum" | "message";

/** "" for a field that has its zero when it is left out, `optional`, `repeated`, or `oneof:` and the group's name. */
type Rule = "" | "optional" | "repeated" | `oneof:${string}`;

export type Field = readonly [number: number, name: string, kind: Kind, rule: Rule, of?: () => Table | EnumTable];

export interface Table {
  readonly typeName: string;
  readonly fields: readonly Field[];
}

/** Numbers by their names in JSON. */
export type EnumTable = Readonly<Record<string, number>>;
