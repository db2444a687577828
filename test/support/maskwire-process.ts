import { join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "./child.js";
import { ownDataFolder } from "./data-folder.js";
import { patience } from "./start-maskwire.js";

/** The program itself in a process of its own, as `npm start` and the images run it. */
export class MaskwireProcess extends Child {
  url = "";
  adminUrl = "";

  /**
   * Resolves when it says that it is ready.
   * @param launcher a command that runs the program in another setting, under the same process id.
   * @throws Error with its output when it ends before.
   */
  static async start(env: Record<string, string> = {}, launcher: readonly string[] = []): Promise<MaskwireProcess> {
    const child = MaskwireProcess.spawn(env, launcher);
    try {
      const [[, url], [, adminUrl]] = await Promise.all([
        child.line(/^Maskwire \(\w+\) is ready at (https?:\S+)$/),
        child.line(/^Its metrics are at (http:\S+)\/metrics$/),
      ]);
      child.url = url as string;
      child.adminUrl = adminUrl as string;
      return child;
    } catch (error) {
      await child[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Without waiting: for processes that are expected to refuse. */
  static spawn(env: Record<string, string> = {}, launcher: readonly string[] = []): MaskwireProcess {
    const entry = join(projectRoot, "dist", "services", "maskwire", "index.js");
    const [program, ...args] = [...launcher, process.execPath, entry];
    return new MaskwireProcess(program as string, args, {
      // Nothing of the caller's settings leaks in.
      env: {
        PATH: process.env.PATH ?? "",
        MASKWIRE_HOST: "127.0.0.1",
        MASKWIRE_PORT: "0",
        MASKWIRE_ADMIN_PORT: "0",
        MASKWIRE_LOG_LEVEL: "info",
        // On machines that run tests beside other work no worker that is slow hangs, and none gives way to that.
        MASKWIRE_HUNG_MS: patience.MASKWIRE_HUNG_MS,
        MASKWIRE_ENCODER_YIELDS: patience.MASKWIRE_ENCODER_YIELDS,
        // A test has what it has been given.
        MASKWIRE_PULL: "never",
        MASKWIRE_DATA_DIR: ownDataFolder(),
        ...env,
      },
    });
  }

  /** host:port, as the gateway's settings take it. */
  get address(): string {
    return new URL(this.url).host;
  }
}
