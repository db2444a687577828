import { importsOf } from "./source-files.js";

/** A source file's path and text. */
interface SourceText {
  readonly path: string;
  readonly text: string;
}

const declaration = /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const listed = /^(?:import|export) (?:type )?(?:\w+,? ?)?\{([^}]*)\} from "(\.{1,2}\/[^"]+\.js)"/gm;
const star = /^export (?:type )?\* from "(\.{1,2}\/[^"]+\.js)"/gm;
const whole = /(?:^import \* as \w+ from |\bimport\(\s*|\bimport |\bnew URL\(\s*)"(\.{1,2}\/[^"]+\.js)"/gm;

/**
 * Exports that no other file names, as "PATH NAME". A file that is imported as a whole, that a thread or a process is started
 * with, or that is an entry of the program has all of its exports used.
 */
export function unusedExports(files: readonly SourceText[]): string[] {
  const used = new Map<string, Set<string>>();
  const wholly = new Set<string>();
  const starsOf = new Map<string, string[]>();
  const target = (path: string, reference: string) => importsOf(path, `from "${reference}"`)[0] as string;
  for (const { path, text } of files) {
    for (const [, reference = ""] of text.matchAll(whole)) wholly.add(target(path, reference));
    const stars = [...text.matchAll(star)].map(([, reference = ""]) => target(path, reference));
    if (stars.length > 0) starsOf.set(path, stars);
    for (const [, names = "", reference = ""] of text.matchAll(listed)) {
      const all = namesOf(names);
      const to = target(path, reference);
      used.set(to, new Set([...(used.get(to) ?? []), ...all]));
    }
  }
  // What is asked of a file that hands others on may be any of theirs.
  const usedIn = (path: string): Set<string> => {
    const through = [...starsOf].filter(([, stars]) => stars.includes(path)).flatMap(([from]) => [...usedIn(from)]);
    return new Set([...(used.get(path) ?? []), ...through]);
  };
  return files.flatMap(({ path, text }) => {
    // Imports do not say which files have markup.
    const named = path.replace(/x$/, "");
    if (wholly.has(named)) return [];
    const known = usedIn(named);
    return [...text.matchAll(declaration)].flatMap(([, name = ""]) => (known.has(name) ? [] : [`${path} ${name}`]));
  });
}

/** `a, type B, c as d` -> a, B, c. */
const namesOf = (list: string) =>
  list
    .split(",")
    .map(
      (one) =>
        one
          .trim()
          .replace(/^type /, "")
          .split(" as ")[0]
          ?.trim() ?? "",
    )
    .filter(Boolean);
