const splits: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validation: "val",
  test: "test",
  testing: "test",
};

/** A picture's name by its path: without the folders at its beginning that only say that it is a picture, and of which split. */
export function nameIn(path: string): string {
  const parts = path.split("/");
  const first = parts.findIndex(
    (part) => part.toLowerCase() !== "images" && !Object.hasOwn(splits, part.toLowerCase()),
  );
  return parts.slice(Math.min(Math.max(first, 0), parts.length - 1)).join("/");
}

/** A split by its usual name: `Validation` is `val`. */
export function splitNamed(name: string): string {
  const lower = name.toLowerCase();
  return Object.hasOwn(splits, lower) ? splits[lower]! : name;
}

/** The split that a path tells of, by the last of its folders or words that does: `train/a.jpg`, `instances_val2017.json`. */
export function splitOf(path: string): string | undefined {
  const words = path.toLowerCase().split(/[/._\- ]|\d+/);
  const known = words.findLast((word) => Object.hasOwn(splits, word));
  return known === undefined ? undefined : splits[known];
}
