import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import type { KubernetesObject } from "./render.js";
import { schemaOf } from "./schemas.js";

/**
 * What TypeScript has against the objects as literals of their kinds' interfaces. The schemas' validators let unknown fields
 * pass, as the schemas do; a misspelt field is an excess property, and those the compiler refuses.
 */
export function unknownFields(objects: KubernetesObject[]): string[] {
  // Inside the project, so that its packages are found.
  const folder = mkdtempSync(join(projectRoot, "dist", "manifests-"));
  try {
    const lines = objects.map((object, index) => {
      const { module } = schemaOf(object);
      const name = `I${object.kind}`;
      return `import type { ${name} as Kind${index} } from "${module}";\nexport const object${index}: Kind${index} = ${JSON.stringify(object)};`;
    });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "objects.ts"), lines.join("\n"));
    const compiler = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2023"];
    const modules = ["--module", "nodenext", "--moduleResolution", "nodenext", "--ignoreConfig"];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [compiler, ...options, ...modules, join(folder, "objects.ts")],
      { cwd: folder, encoding: "utf8" },
    );
    if (status === 0) return [];
    return `${stdout}${stderr}`.split("\n").filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
