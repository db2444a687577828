import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { defineConfig, type Plugin } from "vite";
import { writeTables } from "./codec/write-tables.ts";

const here = import.meta.dirname;
const compiled = join(here, "..", "..", "dist");

/** The files of the package by Vite's mode, each by itself: a page names one address. */
const entries: Readonly<Record<string, string>> = {
  index: "index.ts",
  element: "element/index.ts",
  video: "video/index.ts",
  decode: "../local/browser-decoding.ts",
  "decode-worker": "../local/decode-worker.ts",
};

/** The package, from what the compiler has made: without a mode a file for programs of all kinds, and types. */
// biome-ignore lint/style/noDefaultExport: Vite looks for the default export.
export default defineConfig(({ mode }) => {
  const name = mode in entries ? mode : "index";
  const isWorker = name === "decode-worker";
  return {
    root: here,
    // The worker speaks JSON with the gateway, which the tables do not write; and it is read by who wants a runtime of 4 MB besides.
    plugins: [
      ...(isWorker ? [runtimeOfPrograms()] : [contractAsTables(), workerOfPrograms()]),
      ...(name === "index" ? [types()] : []),
    ],
    build: {
      outDir: "dist",
      emptyOutDir: name === "index",
      target: "es2022",
      lib: { entry: entries[name]!, formats: ["es"], fileName: name },
      rolldownOptions: {
        external: [/^onnxruntime-web/],
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

/** The worker beside `decode.js` is not for this build to look for, but for the programs' bundlers. */
function workerOfPrograms(): Plugin {
  return {
    name: "worker-of-programs",
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = chunk.code.replace(/\/\* @vite-ignore \*\/\s*/, "");
      }
    },
  };
}

/** Where ONNX Runtime's files are is not for the package to say. */
function runtimeOfPrograms(): Plugin {
  return {
    name: "runtime-of-programs",
    enforce: "pre",
    resolveId: (source) =>
      source === "./runtime-files.js" ? join(here, "..", "local", "runtime-files-of-programs.ts") : undefined,
  };
}

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
      const decoding = join("web-client", "local", "browser-decoding.d.ts");
      await mkdir(join(to, dirname(decoding)), { recursive: true });
      await cp(join(compiled, decoding), join(to, decoding));
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
