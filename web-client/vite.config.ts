import { readFileSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

// biome-ignore lint/style/noDefaultExport: Vite looks for the default export.
export default defineConfig({
  root: import.meta.dirname,
  // A proxy may serve the page under any path.
  base: "./",
  // ONNX Runtime without its compiled code inside: that is a file of its own, fetched when it is used.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  // `npx vite web-client` beside a running gateway.
  server: { proxy: { "/v1": { target: "http://localhost:8080", ws: true } } },
  // Modules, so that the one that makes files can load the archiver when it needs it.
  worker: { format: "es" },
  build: {
    outDir: "../dist/site",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      // The page of clicks, the pages of data sets, the one of those that has a picture to click on, and that of videos.
      input: ["index", "datasets", "annotate", "video"].map((name) => join(import.meta.dirname, `${name}.html`)),
      checks: { pluginTimings: false },
    },
  },
  plugins: [
    withParts(join(import.meta.dirname, "parts")),
    compressed(join(import.meta.dirname, "..", "dist", "site", "assets")),
  ],
});

/** What several pages have in common stands in their HTML as `<!-- part: NAME -->`. */
function withParts(folder: string): Plugin {
  return {
    name: "parts",
    transformIndexHtml: {
      order: "pre",
      handler: (page) => page.replace(/<!-- part: ([a-z-]+) -->/g, (_, name: string) => partOf(folder, name)),
    },
  };
}

const partOf = (folder: string, name: string) => readFileSync(join(folder, `${name}.html`), "utf8").trimEnd();

/** Beside each file of some size the same in gzip, for a gateway to hand out: compiled code shrinks to a quarter. */
function compressed(folder: string): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async closeBundle() {
      const names = (await readdir(folder)).filter((name) => /\.(js|mjs|css|wasm)$/.test(name));
      await Promise.all(
        names.map(async (name) => {
          const path = join(folder, name);
          if ((await stat(path)).size < 1024) return;
          await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path)));
        }),
      );
    },
  };
}
