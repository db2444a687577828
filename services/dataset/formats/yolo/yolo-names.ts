import { parse, YAMLError } from "yaml";
import { finiteNumber, isFields } from "../parse/fields.js";
import { Unreadable } from "../parse/unreadable.js";
import { baseOf } from "../pictures/plain-name.js";
import { splitNamed } from "../pictures/split-of.js";
import { linesOf, readWhole } from "../text/read-whole.js";
import type { Source } from "../types.js";

/** What a YOLO data set says of itself. */
export interface YoloNames {
  /** By number. */
  readonly names: ReadonlyMap<number, string>;
  /** Where the pictures of each split are: a folder, with `/` at its end. */
  readonly folders: readonly { readonly split: string; readonly folder: string }[];
}

const mostBytes = 2 ** 22;
const notSplits = ["path", "names", "nc", "download", "channels"];

/** From its YAML, or from a list of names. @throws Unreadable when that is damaged. */
export async function readYoloNames(source: Source): Promise<YoloNames> {
  const paths = source.files.map(({ path }) => path);
  for (const path of paths.filter((one) => /\.ya?ml$/i.test(one))) {
    const yaml = yamlOf((await readWhole(source, path, mostBytes)).toString("utf8"), path);
    if (isFields(yaml) && yaml.names !== undefined) return { names: namesIn(yaml.names), folders: foldersIn(yaml) };
  }
  const list = paths.find((path) => ["classes.txt", "obj.names", "classes.names"].includes(baseOf(path).toLowerCase()));
  const names = new Map<number, string>();
  if (list !== undefined) {
    for await (const [, name] of linesOf(source, list)) if (name.trim() !== "") names.set(names.size, name.trim());
  }
  return { names, folders: [] };
}

function yamlOf(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // Aliases without end are a ReferenceError.
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new Unreadable(`${path} is no YAML: ${error.message.split("\n")[0]?.replace(/[.:]$/, "")}.`);
  }
}

/** A list, or a map from numbers. */
function namesIn(names: unknown): Map<number, string> {
  const entries = Array.isArray(names) ? [...names.entries()] : isFields(names) ? Object.entries(names) : [];
  return new Map(
    entries.flatMap(([key, name]): [number, string][] => {
      const number = finiteNumber(key);
      return number === undefined || String(name) === "" ? [] : [[number, String(name)]];
    }),
  );
}

/** Paths may begin with those of another machine: what counts is their end. */
function foldersIn(yaml: Readonly<Record<string, unknown>>): { split: string; folder: string }[] {
  return Object.entries(yaml)
    .filter(([key]) => !notSplits.includes(key))
    .flatMap(([key, value]) => [value].flat().map((folder) => ({ split: splitNamed(key), folder })))
    .flatMap(({ split, folder }) => {
      if (typeof folder !== "string" || folder.endsWith(".txt")) return [];
      const plain = folder.replace(/^(\.{0,2}\/)+/, "").replace(/\/*$/, "/");
      return plain === "/" ? [] : [{ split, folder: plain }];
    });
}
