import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../../runtime/error-code.js";
import { PullError } from "./pull-error.js";

/*
 * npm itself brings packages, and no library of ours: it knows the registry, mirror, proxy, authority and token that the
 * people here have told it, holds every tarball against the registry's integrity, and is there wherever Maskwire was installed.
 */

/** Of npm's own pauses between tries; as it is, it takes over a minute to say that there is no network. */
const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
const quiet = ["--json", "--loglevel=error", "--no-update-notifier", "--ignore-scripts"];
const mostOutputBytes = 16 * 1024 * 1024;

interface NpmError {
  code?: string;
  summary?: string;
}

/** What a command of npm's prints. @param what it is for, in an error. @throws PullError in npm's words, or one sentence where it means that there is no network; the signal's reason. */
export async function npm(
  args: string[],
  what: string,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<unknown> {
  const [command, ...before] = npmCommand();
  const { error, stdout, stderr } = await new Promise<{ error: Error | null; stdout: string; stderr: string }>(
    (resolve) => {
      const options = { cwd, signal, maxBuffer: mostOutputBytes };
      execFile(command, [...before, ...args, ...quiet, ...patience], options, (error, stdout, stderr) =>
        resolve({ error, stdout, stderr }),
      );
    },
  );
  signal.throwIfAborted();
  if (codeOf(error) === "ENOENT") {
    const advice = "Pull where there is one, and give this machine the folder (MASKWIRE_MODELS_DIR).";
    throw new PullError(`${what} comes by npm, which is not on this machine. ${advice}`, { cause: error });
  }
  const said = readJson(stdout);
  if (!error && said !== undefined) return said;
  const { code = "", summary = stderr.trim().split("\n")[0] } = (said as { error?: NpmError } | undefined)?.error ?? {};
  throw new PullError(`${what} cannot be fetched: ${explain(code, summary ?? "")}`, { cause: error });
}

const unreachable = new Set(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH"]);

function explain(code: string, summary: string): string {
  if (unreachable.has(code)) {
    return `no registry answers (${code}). Is there a network here? npm's own settings name a mirror or a proxy.`;
  }
  if (code === "E404" || code === "ETARGET") return "the registry has no such package.";
  if (code === "EINTEGRITY") return "what came is not what the registry promised (EINTEGRITY). Nothing of it was kept.";
  return `npm says ${summary || "nothing"}${code && ` (${code})`}.`;
}

function npmCommand(): [string, ...string[]] {
  const folder = dirname(process.execPath);
  const scripts = [
    process.env.npm_execpath ?? "",
    join(folder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(folder, "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  // Started by another package manager, the variable names that.
  const script = scripts.find((path) => basename(path) === "npm-cli.js" && existsSync(path));
  return script ? [process.execPath, script] : ["npm"];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
