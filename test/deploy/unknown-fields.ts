import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import type { KubernetesObject } from "./render.js";
import { schemaOf } from "./schemas.js";

/**
 * What TypeScript has against the objects as literals of their kinds' interfaces. The schemas' validators let unknown fields
 * pass, as the schemas do; a misspelt field is an excess property, and those the compiler refuses. All are compiled at once,
 * since it takes some seconds to read the interfaces.
 * @param groups of objects. @returns a line each, which begins with the index of its group.
 */
export function unknownFields(groups: readonly KubernetesObject[][]): string[] {
  // Inside the project, so that its packages are found.
  const folder = mkdtempSync(join(projectRoot, "dist", "manifests-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const files = groups.map((objects, group) => {
      const lines = objects.map((object, index) => {
        const { module } = schemaOf(object);
        const name = `I${object.kind}`;
        return `import type { ${name} as Kind${index} } from "${module}";\nexport const object${index}: Kind${index} = ${JSON.stringify(object)};`;
      });
      const file = `${group}.ts`;
      writeFileSync(join(folder, file), lines.join("\n"));
      return file;
    });
    const compiler = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2023"];
    const modules = ["--module", "nodenext", "--moduleResolution", "nodenext", "--ignoreConfig"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, ...options, ...modules, ...files], {
      cwd: folder,
      encoding: "utf8",
    });
    if (status === 0) return [];
    return `${stdout}${stderr}`.split("\n").filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
