import { create } from "@bufbuild/protobuf";
import { type Label, LabelSchema } from "../../../proto/index.js";

/** Labels as a person writes them down: new ones have no number yet, and are told apart by their row. */
export interface Row {
  readonly row: number;
  readonly id: number;
  readonly name: string;
  readonly colour: string;
  readonly hotKey: string;
  /** The row of the label that it is a kind of; 0: none. */
  readonly parent: number;
}

export type Fault =
  | { readonly kind: "name"; readonly row: number }
  | { readonly kind: "twice" | "ring"; readonly row: number; readonly name: string }
  | { readonly kind: "key-twice" | "key-taken"; readonly row: number; readonly key: string };

/** Told apart at a glance, on pictures too; a new label gets the first that is free. */
export const colours = [
  "#2f6bff",
  "#e5484d",
  "#16a05c",
  "#f5a524",
  "#8b5cf6",
  "#0891b2",
  "#db4a84",
  "#84cc16",
  "#b45309",
  "#14b8a6",
  "#6366f1",
  "#f97316",
] as const;

export function rowsOf(labels: readonly Label[]): readonly Row[] {
  const rowOf = (id: number) => labels.findIndex((label) => label.id === id) + 1;
  return labels.map(({ id, name, colour, hotKey, parent }, at) => {
    return { row: at + 1, id, name, colour, hotKey, parent: rowOf(parent) };
  });
}

/** As the contract has them. Parents go before their kinds: a new one has no number that others could name. */
export function labelsOf(rows: readonly Row[]): Label[] {
  const idOf = (row: number) => rows.find((one) => one.row === row)?.id ?? 0;
  return rows.map(({ id, name, colour, hotKey, parent }) =>
    create(LabelSchema, { id, name: name.trim(), colour, hotKey, parent: idOf(parent) }),
  );
}

/** @param name of a new one. @param taken keys that mean something else. */
export function withNew(rows: readonly Row[], name: string, taken: ReadonlySet<string>): readonly Row[] {
  const row = Math.max(0, ...rows.map((one) => one.row)) + 1;
  const colour = colours.find((one) => rows.every((other) => other.colour !== one)) ?? colours[row % colours.length]!;
  const free = [..."123456789"].find((key) => !taken.has(key) && rows.every(({ hotKey }) => hotKey !== key)) ?? "";
  return [...rows, { row, id: 0, name, colour, hotKey: free, parent: 0 }];
}

export function changed(rows: readonly Row[], row: number, change: Partial<Omit<Row, "row" | "id">>): readonly Row[] {
  return rows.map((one) => (one.row === row ? { ...one, ...change } : one));
}

/** Its kinds have nothing above them then. */
export function without(rows: readonly Row[], row: number): readonly Row[] {
  return rows.filter((one) => one.row !== row).map((one) => (one.parent === row ? { ...one, parent: 0 } : one));
}

/** What a key press says of a hot key: one sign, lower case. */
export function keyFrom(pressed: string): string {
  return [...pressed].length === 1 && pressed !== " " ? pressed.toLowerCase() : "";
}

/** @param taken keys that do something else on the page where labels are given. */
export function faultsOf(rows: readonly Row[], taken: ReadonlySet<string>): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [at, { row, name, hotKey, parent }] of rows.entries()) {
    const before = rows.slice(0, at);
    const said = name.trim();
    if (said === "") faults.push({ kind: "name", row });
    else if (before.some((one) => one.name.trim() === said)) faults.push({ kind: "twice", row, name: said });
    if (hotKey !== "" && taken.has(hotKey)) faults.push({ kind: "key-taken", row, key: hotKey });
    else if (hotKey !== "" && before.some((one) => one.hotKey === hotKey)) {
      faults.push({ kind: "key-twice", row, key: hotKey });
    }
    if (parent !== 0 && above(rows, row).has(row)) faults.push({ kind: "ring", row, name: said });
  }
  return faults;
}

/** Rows that one is a kind of, by way of each other. */
function above(rows: readonly Row[], row: number): Set<number> {
  const seen = new Set<number>();
  for (let at = parentOf(rows, row); at !== 0 && !seen.has(at); at = parentOf(rows, at)) seen.add(at);
  return seen;
}

const parentOf = (rows: readonly Row[], row: number) => rows.find((one) => one.row === row)?.parent ?? 0;

/** Every label under the one that it is a kind of, with how deep it lies. */
export function asTree(labels: readonly Label[]): readonly (readonly [label: Label, depth: number])[] {
  const below = (parent: number, depth: number): (readonly [Label, number])[] =>
    labels
      .filter((label) => label.parent === parent)
      .flatMap((label) => [[label, depth] as const, ...below(label.id, depth + 1)]);
  return below(0, 0);
}
