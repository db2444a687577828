import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterNames } from "../../gateway/adapters/names.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { type Document, isRun, readDocuments } from "../support/documents.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { findGrpcPython, findNumpyPython } from "../support/programs.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/*
 * The blocks of code of README and of the documentation, as a person pastes them: those of a document one after the other in one
 * shell, in a folder that looks like the repository's, against one server for all of them.
 */

const python = findNumpyPython();
/** What a shell has that pastes them: the commands as they are built, and a curl that fails for what is refused. */
const prelude = `
curl() { command curl --fail-with-body --silent --show-error "$@"; }
npm() {
  case "$*" in
    "run -s maskwire -- "*) shift 4; node "$REPOSITORY/dist/services/maskwire/cli.js" "$@" ;;
    "run -s models -- "*) shift 4; node "$REPOSITORY/dist/models/cli.js" "$@" ;;
    *) echo "npm $* is not for a document's block" >&2; return 1 ;;
  esac
}
`;

const documents = readDocuments().filter(({ blocks }) => blocks.some(isRun));

/** Whether this machine has what the blocks need. */
function canRun({ blocks }: Document): boolean {
  const own = blocks.filter(isRun);
  if (own.some(({ language }) => language === "python") && !python) return false;
  return !own.some(({ code }) => code.includes("grpc_tools")) || findGrpcPython() === "/usr/bin/python3";
}

describe("the documents' blocks", () => {
  let maskwire: MaskwireProcess;
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "maskwire-documents-"));
    maskwire = await MaskwireProcess.start({ ...tinyModelEnv(), MASKWIRE_ADAPTERS: adapterNames.join(",") });
  });
  afterAll(async () => {
    await maskwire?.[Symbol.asyncDispose]();
    await rm(root, { recursive: true });
  });

  it.each(documents.map((document) => [document.path, document] as const))("of %s work", async (_path, document) => {
    if (!canRun(document)) return;
    const folder = join(root, document.path.replaceAll("/", "-"));
    await mkdir(folder);
    for (const name of ["web-client", "proto", "node_modules"]) {
      await symlink(join(projectRoot, name), join(folder, name));
    }
    await copyFile(join(projectRoot, "web-client/public/samples/kitchen.jpg"), join(folder, "kitchen.jpg"));
    // Node 20 has no WebSocket of its own; people bring it.
    await writeFile(
      join(folder, "socket.mjs"),
      'import { WebSocket } from "ws";\nglobalThis.WebSocket ??= WebSocket;\n',
    );
    await writeFile(join(folder, "blocks.sh"), prelude + (await scriptOf(document, folder)));
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      REPOSITORY: projectRoot,
      MASKWIRE_URL: maskwire.url,
      PYTHONPATH: join(projectRoot, "web-client", "python", "src"),
      PYTHONDONTWRITEBYTECODE: "1",
    };
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "blocks.sh"], { cwd: folder, env });
    // Each has been come to, in the order in which they stand.
    const lines = document.blocks.filter(isRun).map(({ line }) => `done: ${line}`);
    expect(stdout.split("\n").filter((line) => line.startsWith("done: "))).toEqual(lines);
  });

  /** What a shell runs; blocks in other languages are files beside it. */
  async function scriptOf({ blocks }: Document, folder: string): Promise<string> {
    const parts = blocks.filter(isRun).map(async ({ line, language, code: written }) => {
      const code = written.replaceAll("localhost:8080", maskwire.address);
      const end = `\necho; echo "done: ${line}"\n`;
      if (language === "sh") return code + end;
      const file = `block-${line}.${language === "js" ? "mjs" : "py"}`;
      await writeFile(join(folder, file), code);
      const command = language === "js" ? `node --import ./socket.mjs ${file}` : `${python} -W error ${file}`;
      return command + end;
    });
    return (await Promise.all(parts)).join("");
  }
});
