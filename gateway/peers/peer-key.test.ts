import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { unauthenticated } from "../../services/runtime/callers/access.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { PeerKey } from "./peer-key.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peer-key-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

it("is what its file holds, also after that has changed, and stays while the file is empty", async () => {
  const path = join(folder, "key");
  writeFileSync(path, "first\n");
  const logger = fakeLogger();
  const key = new PeerKey({ path, content: "first" }, logger);
  expect(key.bearer()).toBe("first");
  writeFileSync(path, "second\n");
  await expect.poll(() => key.bearer()).toBe("second");
  writeFileSync(path, "");
  await expect.poll(() => logger.lines.at(-1)).toMatchObject({ level: 50, path });
  expect(key.bearer()).toBe("second");
  key.close();
});

it("says of each server now and then that it is refused there", () => {
  const logger = fakeLogger();
  const key = new PeerKey(undefined, logger);
  expect(key.bearer()).toBeUndefined();
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const refuse = (server: string) => key.refused(server, unauthenticated("This key is not known here."));
  for (const server of ["a:1", "a:1", "b:1"]) refuse(server);
  now.mockReturnValue(30_000);
  refuse("a:1");
  expect(logger.lines.map(({ server }) => server)).toEqual(["a:1", "b:1", "a:1"]);
  expect(logger.lines[0]).toMatchObject({
    level: 50,
    reason: "This key is not known here.",
    msg: /MASKWIRE_PEER_KEY_FILE/,
  });
  key.close();
});
