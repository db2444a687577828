import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { confinedCommand, findConfinement } from "./confinement.js";

const probe = fileURLToPath(new URL("./testing/confined-probe.js", import.meta.url));

it("keeps a picture process from files, processes, threads and, where the system lets it, the network", async () => {
  const confinement = await findConfinement();
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    const run = async (limits: typeof confinement) => {
      const { file, args } = confinedCommand(probe, limits, { decodeBytes: 2 ** 28, fileBytes: 2 ** 20 });
      const { stdout } = await promisify(execFile)(file, [...args, String(port)], { env: {}, cwd: "/" });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const denied = { file: "ERR_ACCESS_DENIED", write: "ERR_ACCESS_DENIED", child: "ERR_ACCESS_DENIED" };
    const found = await run(confinement);
    expect(found).toMatchObject({ own: "done", ...denied, thread: "ERR_ACCESS_DENIED" });
    // Set by whoever starts it, and by nobody else: PWD and the like of the shell that limits its memory.
    for (const name of found.variables as string[]) expect(["PWD", "OLDPWD", "SHLVL", "_"]).toContain(name);
    if (confinement.network === "none") expect(found.network).not.toBe("done");
    // Control: the probe can do all of it where nothing confines it.
    const free = await run({ permissions: false, network: "shared", memory: "unlimited" });
    expect(free).toMatchObject({ file: "done", child: "done", thread: "done", network: "done" });
  } finally {
    server.close();
  }
});
