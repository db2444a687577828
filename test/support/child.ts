import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { warningsIn } from "./warnings.js";

/** How a child process ended, and what it said. */
interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A child process that says on standard output when it is ready. Killed by its own pid, never by name. */
export class Child implements AsyncDisposable {
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  readonly #output = { stdout: "", stderr: "" };

  constructor(
    program: string,
    args: string[],
    options: { env: Record<string, string>; cwd?: string; uid?: number; gid?: number },
  ) {
    this.#process = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const name of ["stdout", "stderr"] as const) {
      this.#process[name]?.setEncoding("utf8").on("data", (text: string) => {
        this.#output[name] += text;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code, signal) => resolve({ code, signal, ...this.#output }));
    });
    this.ended.catch(() => {});
  }

  /** @throws Error when the program could not be started. */
  get pid(): number {
    if (this.#process.pid === undefined) throw new Error("the program was not started");
    return this.#process.pid;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /**
   * The first line from now on that matches.
   * @throws Error with what the child said when it ends before.
   */
  async line(pattern: RegExp, from: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
    const lines = createInterface({ input: this.#process[from] as NodeJS.ReadableStream });
    const said = new Promise<RegExpExecArray>((resolve) => {
      lines.on("line", (line) => {
        const match = pattern.exec(line);
        if (match) resolve(match);
      });
    });
    const over = this.ended.then(({ code, signal, stdout, stderr }) => {
      throw new Error(`the child ended with ${code ?? signal} before it said ${pattern}:\n${stdout}${stderr}`);
    });
    return Promise.race([said, over]);
  }

  /** Resolves when what it has said so far, or says from now on, matches. @throws Error when it ends before. */
  async said(pattern: RegExp, on: "stdout" | "stderr" = "stdout"): Promise<void> {
    const stream = this.#process[on] as NodeJS.ReadableStream;
    let look = () => {};
    const said = new Promise<void>((resolve) => {
      look = () => pattern.test(this.#output[on]) && resolve();
      stream.on("data", look);
      look();
    });
    const over = this.ended.then(({ code, signal }) => {
      if (!pattern.test(this.#output[on])) throw new Error(`the child ended with ${code ?? signal} before ${pattern}`);
    });
    await Promise.race([said, over]).finally(() => stream.removeListener("data", look));
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** @throws Error when it was given a warning that is not expected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended.catch(() => {});
    const warnings = warningsIn(this.stderr);
    if (warnings.length > 0) throw new Error(`the child was given warnings:\n${warnings.join("\n")}`);
  }
}
