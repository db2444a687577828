import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { endLeftover } from "./leftover.js";

it("a server that answers is another container's, though nobody sees its process", async () => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-left-"));
  const file = join(folder, "postmaster.pid");
  const { pid } = spawnSync("true");
  writeFileSync(file, [pid, folder, 1, 5432, folder, "", "ready", ""].join("\n"));
  const server = createServer((socket) => socket.destroy()).listen(join(folder, ".s.PGSQL.5432"));
  await once(server, "listening");
  expect(await endLeftover(folder, 0)).toBe(false);
  expect(existsSync(file)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await endLeftover(folder, 0)).toBe(true);
  expect(existsSync(file)).toBe(false);
  rmSync(folder, { recursive: true });
});
