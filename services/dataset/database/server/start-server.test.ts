import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram, startServer } from "./start-server.js";

describe("a program that the system does not start", () => {
  const running = { bin: "/bin", libraries: [], account: undefined, cwd: join(tmpdir(), "maskwire-no-such-folder") };

  it("is told of to whoever wanted a server, and to nobody else", async () => {
    await expect(startServer(running, [], () => {})).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is told of to whoever wanted it run", async () => {
    await expect(runProgram(running, "true", [])).rejects.toMatchObject({ code: "ENOENT" });
  });
});
