import { InvalidArgumentError } from "commander";
import type { Label } from "../../../../proto/index.js";
import { CommandError } from "../command-error.js";

/** A label as a command line asks for it. */
export interface LabelWish {
  name: string;
  colour?: string;
  hotKey?: string;
}

type LabelInit = Pick<Label, "name"> & Partial<Omit<Label, "$typeName" | "$unknown">>;

/** "bird", "bird=#ff8800" or "bird=#ff8800,b", for an option that may come several times. @throws InvalidArgumentError */
export function collectLabels(text: string, previous: LabelWish[] = []): LabelWish[] {
  const [, name = "", colour, hotKey] = /^([^=]+)(?:=(#[0-9a-f]{6})?(?:,(.))?)?$/iu.exec(text) ?? [];
  if (name.trim() === "")
    throw new InvalidArgumentError("Expected a name, and after = a colour and a key: bird=#ff8800,b.");
  return [
    ...previous,
    { name: name.trim(), ...(colour && { colour: colour.toLowerCase() }), ...(hotKey && { hotKey }) },
  ];
}

/** "old=new", for an option that may come several times. @throws InvalidArgumentError */
export function collectRenames(text: string, previous: { from: string; to: string }[] = []) {
  const [, from = "", to = ""] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (!from || !to) throw new InvalidArgumentError("Expected the old name and the new one: brid=bird.");
  return [...previous, { from, to }];
}

/** For an option that may come several times. */
export const collectWords = (text: string, previous: string[] = []): string[] => [...previous, text];

/** What becomes of labels. @throws CommandError for a name that none of them has. */
export function mergeLabels(
  labels: readonly Label[],
  {
    add,
    rename,
    remove,
  }: { add: readonly LabelWish[]; rename: readonly { from: string; to: string }[]; remove: readonly string[] },
): LabelInit[] {
  const known = new Map<string, LabelInit>(labels.map((label) => [label.name, label]));
  const existing = (name: string) => {
    const label = known.get(name);
    if (label) return label;
    throw new CommandError(`The data set has no label "${name}"; it has ${[...known.keys()].join(", ") || "none"}.`);
  };
  for (const { from, to } of rename) {
    known.set(from, { ...existing(from), name: to });
  }
  for (const name of remove) {
    existing(name);
    known.delete(name);
  }
  return [...known.values(), ...add];
}

/** @throws CommandError naming the labels there are. */
export function labelNamed(labels: readonly Label[], name: string): number {
  const found = labels.find((label) => label.name === name);
  if (found) return found.id;
  const names = labels.map((label) => label.name).join(", ");
  throw new CommandError(`The data set has no label "${name}"; it has ${names || "none"}.`);
}
