import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../runtime/project-root.js";

/** What keeps a picture process from doing anything but reading pictures, as far as this machine lets us. */
export interface Confinement {
  /** Node's permission model: no files but its own code, no processes, no threads. */
  permissions: boolean;
  /** A network namespace of its own, with nothing in it. */
  network: "none" | "shared";
  /** A limit on its address space, by the kernel. */
  memory: "limited" | "watched" | "unlimited";
}

interface Command {
  file: string;
  args: string[];
}

const noNetwork = ["--user", "--map-current-user", "--net", "--"];
/** Address space of an idle process, most of it reserved by V8 and never used. */
const idleAddressBytes = 2 * 1024 ** 3;
/** What a shell counts files in; Bash counts twice as much. */
const fileBlock = 512;

/** Finds out, once, what works here: a container may forbid what its kernel can do. */
export async function findConfinement(): Promise<Confinement> {
  if (process.platform !== "linux") return { permissions: true, network: "shared", memory: "unlimited" };
  const works = (file: string, args: string[]) =>
    promisify(execFile)(file, args, { env: {}, timeout: 5000 }).then(
      () => true,
      () => false,
    );
  const [isAlone, isLimited] = await Promise.all([
    works("/usr/bin/unshare", [...noNetwork, "/bin/sh", "-c", ":"]),
    works("/bin/sh", ["-c", `ulimit -v ${Math.ceil(idleAddressBytes / 1024)}`]),
  ]);
  return { permissions: true, network: isAlone ? "none" : "shared", memory: isLimited ? "limited" : "watched" };
}

/**
 * How to start the entry file `entry` so confined.
 * @param decodeBytes memory that its work may take.
 * @param fileBytes length of a file that it writes: one in memory is not counted as the process's own.
 */
export function confinedCommand(
  entry: string,
  confinement: Confinement,
  { decodeBytes, fileBytes }: { decodeBytes: number; fileBytes: number },
): Command {
  const root = realpathSync(projectRoot);
  const node = [
    process.execPath,
    // Its heap holds no pixels.
    "--max-old-space-size=96",
    "--no-warnings",
    ...(confinement.permissions
      ? [
          permissionFlag(),
          "--allow-addons",
          ...["package.json", "dist/*", "node_modules/*"].map((path) => `--allow-fs-read=${join(root, path)}`),
        ]
      : []),
    entry,
  ];
  // Decoders reserve more than they use; what they use is watched besides.
  const addressKiB = Math.ceil((idleAddressBytes + 3 * decodeBytes) / 1024);
  const limited =
    confinement.memory === "limited"
      ? [
          "/bin/sh",
          "-c",
          `ulimit -c 0; ulimit -f ${fileBytes / fileBlock}; ulimit -v ${addressKiB}; exec "$0" "$@"`,
          ...node,
        ]
      : node;
  const [file = "", ...args] =
    confinement.network === "none" ? ["/usr/bin/unshare", ...noNetwork, ...limited] : limited;
  return { file, args };
}

/** Its name since Node 23.5, and the one before. */
const permissionFlag = () =>
  process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
