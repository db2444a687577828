import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { defineConfig, type Plugin } from "vite";
import { writeTables } from "./codec/write-tables.ts";

const here = import.meta.dirname;
const compiled = join(here, "..", "..", "dist");

/** By `--mode`: a file for pages, and one for videos. */
const entries: Readonly<Record<string, string>> = { element: "element/index.ts", video: "video/index.ts" };

/** The package, from what the compiler has made: a file for programs of all kinds, those of `entries`, and types. */
// biome-ignore lint/style/noDefaultExport: Vite looks for the default export.
export default defineConfig(({ mode }) => {
  const entry = entries[mode];
  return {
    root: here,
    plugins: [contractAsTables(), ...(entry ? [] : [types()])],
    build: {
      outDir: "dist",
      emptyOutDir: !entry,
      target: "es2022",
      // Each by itself: a page names one address.
      lib: entry
        ? { entry, formats: ["es"], fileName: mode }
        : { entry: "index.ts", formats: ["es"], fileName: "index" },
      rolldownOptions: {
        checks: { pluginTimings: false },
        // What nobody asks for of a file is nothing to be run.
        treeshake: { moduleSideEffects: false },
        output: { minify: true },
      },
    },
  };
});

/** The generated contract and its library, as tables and what reads them. */
function contractAsTables(): Plugin {
  return {
    name: "contract-as-tables",
    enforce: "pre",
    resolveId: (source) => (source === "@bufbuild/protobuf" ? join(here, "codec", "codec.ts") : undefined),
    async load(path) {
      const name = /\/proto\/gen\/maskwire\/v1\/(\w+)_pb\.ts$/.exec(path)?.[1];
      if (name === undefined) return undefined;
      const generated = await import(join(compiled, "proto", "gen", "maskwire", "v1", `${name}_pb.js`));
      return writeTables(generated[`file_maskwire_v1_${name}`] as DescFile);
    },
  };
}

/** What the declarations take from the library, which the package does not need. */
const message = [
  "Message<Name extends string> = { readonly $typeName: Name }",
  "Timestamp = { seconds: bigint; nanos: number }",
  ...["Enum", "File", "Message", "Service"].map((of) => `Gen${of}<_Shape = unknown> = unknown`),
]
  .map((type) => `export type ${type};\n`)
  .join("");

/** The compiler's declarations, in the folders that they name each other by. */
function types(): Plugin {
  return {
    name: "types",
    apply: "build",
    async closeBundle() {
      const to = join(here, "dist", "types");
      await rm(to, { recursive: true, force: true });
      const isType = (path: string) => !/\.\w+$/.test(path) || (path.endsWith(".d.ts") && !path.endsWith(".test.d.ts"));
      const filter = (path: string) => isType(path) && !/\/(testing|inference|onnx|codec)$/.test(path);
      await cp(join(compiled, "proto"), join(to, "proto"), { recursive: true, filter });
      await cp(join(compiled, "web-client", "sdk"), join(to, "web-client", "sdk"), { recursive: true, filter });
      await writeFile(join(to, "message.d.ts"), message);
      for (const path of await readdir(to, { recursive: true })) {
        if (!path.endsWith(".d.ts")) continue;
        const text = await readFile(join(to, path), "utf8");
        const own = relative(dirname(join(to, path)), join(to, "message.js"));
        await writeFile(
          join(to, path),
          text.replace(/"@bufbuild\/protobuf(\/codegenv2|\/wkt)?"/g, JSON.stringify(own)),
        );
      }
    },
  };
}
