import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../services/runtime/project-root.js";

/*
 * `npm run -s sbom`: a bill of materials in CycloneDX of what is installed to serve. npm writes it, from the project without what is only
 * for working on it: its own `--omit dev` also leaves out what serves when something for working on it needs the same.
 */

interface Project {
  name: string;
  devDependencies: object;
  /** Packages of ours for other programs: none of them serves. */
  workspaces: object;
}

interface Lock {
  packages: Record<string, { dev?: boolean; link?: boolean; devDependencies?: object; workspaces?: object }>;
}

/** @returns the bill as JSON. @throws Error with what npm said. */
export function billOfMaterials(): string {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-sbom-"));
  try {
    const read = (name: string) => JSON.parse(readFileSync(join(projectRoot, name), "utf8"));
    const { devDependencies: _, workspaces: ___, ...project } = read("package.json") as Project;
    const lock = read("package-lock.json") as Lock;
    const packages = Object.fromEntries(
      Object.entries(lock.packages)
        .filter(([path, { dev, link }]) => !dev && !link && (path === "" || path.includes("node_modules/")))
        .map(([path, { devDependencies: __, workspaces: ____, ...one }]) => [path, one]),
    );
    // npm calls the project by its folder.
    const cwd = join(folder, project.name);
    mkdirSync(cwd);
    writeFileSync(join(cwd, "package.json"), JSON.stringify(project));
    writeFileSync(join(cwd, "package-lock.json"), JSON.stringify({ ...lock, packages }));
    const options = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application", "--package-lock-only"];
    // Not with what the script that runs this hands down, which is about this project's folder.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
    const { status, stdout, stderr } = spawnSync("npm", options, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 26 });
    if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.stdout.write(billOfMaterials());
