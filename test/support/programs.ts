import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on the PATH, or undefined. */
export function findProgram(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  return undefined;
}

export const findRedisServer = () => findProgram("redis-server", "valkey-server");
export const findChromium = () => findProgram("chromium", "chromium-browser", "google-chrome-stable", "google-chrome");

/** A Python with gRPC and its code generator. */
export const findGrpcPython = () => findPython("grpc, grpc_tools");

/** A Python that computes with masks and opens pictures. */
export const findNumpyPython = () => findPython("numpy, PIL");

/** One that makes packages besides. setuptools comes before pip, which loads what it has its own of. */
export const findPackagingPython = () => findPython("setuptools, wheel, pip, numpy, PIL");

/** Debian's own comes first: its packages belong to no other interpreter. */
function findPython(modules: string): string | undefined {
  const candidates = ["/usr/bin/python3", findProgram("python3")].filter((path) => path !== undefined);
  return candidates.find((path) => spawnSync(path, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0);
}

/** A renderer of Kustomize folders, as a command that takes a folder. Older kubectl know no components. */
export function findKustomize(): string[] | undefined {
  const kustomize = findProgram("kustomize");
  if (kustomize) return [kustomize, "build"];
  const kubectl = findProgram("kubectl");
  if (!kubectl) return undefined;
  const { stdout } = spawnSync(kubectl, ["version", "--client", "--output=json"], { encoding: "utf8" });
  const [, major] = /"kustomizeVersion": "v(\d+)\./.exec(stdout ?? "") ?? [];
  return Number(major) >= 4 ? [kubectl, "kustomize"] : undefined;
}

/** Debian has it where only root looks. */
export const findHaproxy = () => findProgram("haproxy", "../sbin/haproxy");

/** Video files are read by it where it is. */
export const findFfmpeg = () => findProgram("ffmpeg");
