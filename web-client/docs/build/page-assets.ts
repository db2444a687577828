import { join } from "node:path";
import { build } from "vite";
import type { Assets } from "./layout.js";

/** Builds the pages' one script and one style sheet into `assets/`, with digests in their names. @param root the repository's. */
export async function buildAssets(root: string, folder: string): Promise<Omit<Assets, "icon">> {
  const built = await build({
    configFile: false,
    root: join(root, "web-client", "docs", "page"),
    base: "./",
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: join(root, "web-client", "docs", "page", "main.ts"), checks: { pluginTimings: false } },
    },
  });
  const names = [built].flat().flatMap((one) => ("output" in one ? one.output.map(({ fileName }) => fileName) : []));
  const only = (ending: string) => {
    const name = names.find((one) => one.endsWith(ending));
    if (name === undefined) throw new Error(`The documentation's pages have no ${ending} file.`);
    return name;
  };
  return { script: only(".js"), style: only(".css") };
}
