import { parseArgs } from "node:util";

/** A suite's options: each a number, with its default and what it is for. */
type NumberOptions = Readonly<Record<string, { readonly value: number; readonly what: string }>>;

/** What a person got wrong on the command line, in a sentence. */
export class UsageError extends Error {}

/** @throws UsageError for an unknown option, or one that is not a number of at least 0. */
export function readOptions<T extends NumberOptions>(
  args: readonly string[],
  options: T,
  flags: readonly string[] = [],
): { numbers: Record<keyof T, number>; flags: ReadonlySet<string>; texts: Readonly<Record<string, string>> } {
  const kinds = Object.fromEntries([
    ...Object.keys(options).map((name) => [name, { type: "string" as const }]),
    ...flags.map((name) => [
      name.replace("=", ""),
      { type: name.endsWith("=") ? ("string" as const) : ("boolean" as const) },
    ]),
  ]);
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: [...args], options: kinds }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const numbers = Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => {
      const given = values[name];
      const number = given === undefined ? value : Number(given);
      if (given === "" || !Number.isFinite(number) || number < 0) {
        throw new UsageError(`--${name} takes a number of at least 0, not "${given}"`);
      }
      return [name, number];
    }),
  ) as Record<keyof T, number>;
  const given = Object.entries(values).filter(([name]) => !Object.hasOwn(options, name));
  return {
    numbers,
    flags: new Set(given.filter(([, value]) => value === true).map(([name]) => name)),
    texts: Object.fromEntries(given.filter((one): one is [string, string] => typeof one[1] === "string")),
  };
}

/** For the help: a line each. */
export function optionLines(options: NumberOptions): string {
  return Object.entries(options)
    .map(([name, { value, what }]) => `  --${name.padEnd(22)} ${what} (${value})`)
    .join("\n");
}
