import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";

/** One source file of ours, its path relative to the project with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Paths of our own files that it imports, types included, and entries of the threads and processes that it starts. */
  readonly imports: readonly string[];
}

const topFolders = ["proto", "services", "gateway", "web-client", "models", "test"] as const;
const leftOut = new Set(["node_modules", "gen", "dist", "public"]);

/** Static and dynamic imports, re-exports, and `new URL("./x.js", import.meta.url)`. */
const references = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\bnew URL\(\s*)"(\.{1,2}\/[^"]+\.js)"/g;

/** Every TypeScript file of the project. @param root the project's folder. */
export async function readSources(root: string): Promise<SourceFile[]> {
  const paths = await sourcePaths(root);
  const known = new Set(paths);
  return paths.map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const imports = importsOf(path, text).flatMap((one) => [one, `${one}x`].filter((file) => known.has(file)));
    return { path, lines: text.split("\n").length - 1, imports };
  });
}

/** Their paths, relative to the project with forward slashes. */
export async function sourcePaths(root: string): Promise<string[]> {
  return (await Promise.all(topFolders.map((folder) => typeScriptIn(root, folder)))).flat();
}

/** The files that a source text names, in order, each once; one with markup has an `x` more. */
export function importsOf(path: string, text: string): string[] {
  const named = [...text.matchAll(references)].map(([, reference]) =>
    normalize(join(dirname(path), reference as string))
      .split(sep)
      .join("/")
      .replace(/\.js$/, ".ts"),
  );
  return [...new Set(named)];
}

async function typeScriptIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return leftOut.has(entry.name) ? [] : typeScriptIn(root, path);
      return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
    }),
  );
  return found.flat();
}
