import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import dockerignoreModule from "@balena/dockerignore";
import { type Copy, DockerfileParser, type From, type Instruction } from "dockerfile-ast";
import { projectRoot } from "../../services/runtime/project-root.js";
import { installForProduction } from "./install-for-production.js";
import { placeFiles } from "./place-files.js";

/** What the image's Dockerfile makes, as far as it can be made without an engine. */
export interface ImageFiles extends AsyncDisposable {
  /** The working directory of the last stage: exactly what its COPY instructions bring. */
  readonly app: string;
  /** Variables that the image sets. */
  readonly env: Record<string, string>;
  /** ENTRYPOINT and HEALTHCHECK, as argument lists. */
  readonly entrypoint: string[];
  readonly healthCheck: string[];
}

// The module is the function; its types speak of a default export.
const dockerignore = dockerignoreModule as unknown as typeof dockerignoreModule.default;

/** Commands that change the system under /app: an engine's. */
const needsRoot = /^(apt-get|groupadd|install -d)\b/;

/**
 * Follows the Dockerfile, stage by stage, in folders of its own: copies what it copies, runs what it runs. Left out: the
 * base images (this machine serves for them) and commands for the system. What `npm ci` installs is what this checkout has
 * installed of it, and what it has built the build need not build again: the compiler looks whether it is of the same files.
 * @throws Error with the command that failed and its output.
 */
export async function makeImageFiles(): Promise<ImageFiles> {
  const root = mkdtempSync(join(tmpdir(), "maskwire-image-"));
  const dispose = async () => rmSync(root, { recursive: true, force: true });
  try {
    // Whoever the processes run as must get to it.
    chmodSync(root, 0o755);
    return { ...new Dockerfile(root).run(), [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const build = "npm run -s build";
const production = "npm ci --omit=dev";

const dist = join(projectRoot, "dist");
/** What the compiler has made, with the times by which it knows what is new. */
const compiled = {
  recursive: true,
  preserveTimestamps: true,
  filter: (path: string) => path !== join(dist, "site") && path !== join(dist, "docs"),
};

class Dockerfile {
  readonly #root: string;
  readonly #context: string;
  /** Folders of the stages by name; an absolute path of a stage lies below. */
  readonly #stages = new Map<string, string>();
  #stage = "";
  #workdir = "/";
  #args: Record<string, string> = {};
  #env: Record<string, string> = {};
  #entrypoint: string[] = [];
  #healthCheck: string[] = [];

  constructor(root: string) {
    this.#root = root;
    this.#context = join(root, "context");
    copyContext(this.#context);
  }

  run(): Omit<ImageFiles, typeof Symbol.asyncDispose> {
    const text = readFileSync(join(projectRoot, "deploy", "docker", "Dockerfile"), "utf8");
    for (const instruction of DockerfileParser.parse(text).getInstructions()) this.#follow(instruction);
    return {
      app: this.#path(this.#workdir),
      env: this.#env,
      entrypoint: this.#entrypoint,
      healthCheck: this.#healthCheck,
    };
  }

  #follow(instruction: Instruction): void {
    const text = instruction.getArgumentsContent() ?? "";
    switch (instruction.getKeyword()) {
      case "FROM": {
        this.#stage = (instruction as From).getBuildStage() ?? "last";
        this.#stages.set(this.#stage, join(this.#root, this.#stage));
        this.#env = {};
        break;
      }
      case "WORKDIR":
        this.#workdir = text;
        mkdirSync(this.#path(text), { recursive: true });
        break;
      case "COPY":
        this.#copy(instruction as Copy);
        break;
      case "RUN":
        this.#command(text);
        break;
      case "ENV":
        Object.assign(this.#env, assignments(text));
        break;
      case "ARG":
        Object.assign(this.#args, assignments(text));
        break;
      case "ENTRYPOINT":
        this.#entrypoint = JSON.parse(text) as string[];
        break;
      case "HEALTHCHECK":
        this.#healthCheck = JSON.parse(text.slice(text.indexOf("["))) as string[];
        break;
    }
  }

  #path(path: string): string {
    const stage = this.#stages.get(this.#stage) as string;
    return path.startsWith("/") ? join(stage, path) : join(stage, this.#workdir, path);
  }

  /** From a stage or the context; a folder's content goes into the destination, as COPY has it. */
  #copy(copy: Copy): void {
    const from = copy.getFromFlag()?.getValue();
    const base = from ? this.#stages.get(from) : this.#context;
    if (!base) throw new Error(`COPY --from=${from}: there is no such stage`);
    const paths = copy.getArguments().map((argument) => argument.getValue());
    const destination = paths.pop() as string;
    for (const source of paths) {
      // The base image's own, of which this machine's is the stand-in.
      if (source === "/usr/local/bin/node") continue;
      const target = this.#path(destination);
      const isFile = lstatSync(join(base, source)).isFile();
      const into = isFile && (destination.endsWith("/") || paths.length > 1) ? join(target, basename(source)) : target;
      mkdirSync(dirname(into), { recursive: true });
      placeFiles(join(base, source), into);
    }
  }

  #command(text: string): void {
    const command = text.replace(/\\\n/g, " ").trim();
    if (needsRoot.test(command)) return;
    const cwd = this.#path(this.#workdir);
    if (command === "npm ci") {
      symlinkSync(join(projectRoot, "node_modules"), join(cwd, "node_modules"));
      return;
    }
    if (command.startsWith(build)) cpSync(dist, join(cwd, "dist"), compiled);
    if (command.startsWith(production)) installForProduction(cwd);
    const env = { ...process.env, ...this.#args, ...this.#env };
    const left = command.replace(production, "true");
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", left], { cwd, env, encoding: "utf8" });
    if (status !== 0) throw new Error(`RUN ${command}\n${stdout}${stderr}`);
  }
}

/** What .dockerignore lets through. */
function copyContext(to: string): void {
  const ignored = dockerignore().add(readFileSync(join(projectRoot, ".dockerignore"), "utf8"));
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(projectRoot, path);
      // Never part of it, and slow to walk.
      if (entry.name === "node_modules" || name === ".git") continue;
      if (entry.isDirectory()) walk(path);
      else if (!ignored.ignores(name)) cpSync(path, join(to, name), { preserveTimestamps: true });
    }
  };
  walk(projectRoot);
}

function assignments(text: string): Record<string, string> {
  const found = text.replace(/\\\n/g, " ").matchAll(/([A-Z_]+)=("[^"]*"|\S+)/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, (value as string).replaceAll('"', "")]));
}
