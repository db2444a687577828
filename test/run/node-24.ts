import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";

const folder = join(projectRoot, "test", "node-24");
/** As in package-lock.json, which holds its digest. */
const packageName = `node-${process.platform}-${process.arch}`;

/**
 * The newest Node that is supported, from npm's registry: installed when it is not there in the version that is asked for.
 * @returns the program's path; undefined where there is no package of it for this platform.
 * @throws Error when it cannot be installed.
 */
export function node24(): string | undefined {
  const { optionalDependencies: versions } = readJson(join(folder, "package.json")) as {
    optionalDependencies: Record<string, string>;
  };
  const wanted = versions[packageName];
  if (wanted === undefined) return undefined;
  const installed = join(folder, "node_modules", packageName);
  const manifest = join(installed, "package.json");
  if (!existsSync(manifest) || (readJson(manifest) as { version: string }).version !== wanted) {
    // Nothing but the archive is needed: its scripts are not run.
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: "inherit",
    });
    if (status !== 0) throw new Error(`${packageName} ${wanted} cannot be installed`);
  }
  return join(installed, "bin", "node");
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
