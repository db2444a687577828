import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

let folder: string;
let file: string;
let maskwire: Maskwire;

/** `maskwire keys`, as a person types it. */
async function keys(...args: string[]) {
  const entry = join(projectRoot, "dist", "services", "maskwire", "cli.js");
  const child = new Child(process.execPath, [entry, "keys", ...args, "--file", file], { env: {}, cwd: folder });
  const { code, stdout, stderr } = await child.ended;
  return { code, stdout, stderr };
}
const create = async (id: string, ...more: string[]) => {
  const { code, stdout, stderr } = await keys("create", "--id", id, "--tenant", "acme", ...more);
  expect([code, stderr]).toEqual([0, expect.stringContaining("this once")]);
  return stdout.trim();
};
const ask = (path: string, key: string, init: RequestInit = {}) =>
  fetch(`${maskwire.url}${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
const ticketOf = async (key: string) => {
  const { ticket } = (await (await ask("/v1/tickets", key, { method: "POST" })).json()) as { ticket: string };
  return SocketClient.join(maskwire.url, { protocols: ["maskwire.v1", `maskwire.ticket.${ticket}`] });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-keys-"));
  file = join(folder, "keys.json");
  await create("first");
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_AUTH_FILE: file });
});
afterAll(async () => {
  await maskwire?.stop();
  await rm(folder, { recursive: true });
});

it("L8: a key opens every door once it is made, and its secret stands nowhere", async () => {
  const key = await create("ann", "--expires", "90d", "--limit", "sessions=3");
  expect(key).toMatch(/^mw_ann_[\w-]{43}$/);
  expect(await readFile(file, "utf8")).not.toContain(key.slice(-43));
  await expect.poll(async () => (await ask("/v1/me", key)).status).toBe(200);
  expect(await (await ask("/v1/me", key)).json()).toMatchObject({
    id: "ann",
    tenant: "acme",
    scopes: ["segment", "everything", "upload"],
  });
  await using session = await ticketOf(key);
  expect(session.protocol).toBe("maskwire.v1");
  const unknown = await ask("/v1/me", `mw_ann_${"A".repeat(43)}`);
  expect(unknown.status).toBe(401);
  expect((await fetch(`${maskwire.url}/v1/me`)).status).toBe(401);
  const client = new RpcClient(new URL(maskwire.url).host);
  await expect(client.unary(DecoderService.method.segmentOnce, {})).rejects.toMatchObject({
    code: Code.UNAUTHENTICATED,
  });
  client.close();
});

it("L9: a key that is revoked ends its sessions, and is refused from then on", async () => {
  const key = await create("bob");
  await expect.poll(async () => (await ask("/v1/me", key)).status).toBe(200);
  await using session = await ticketOf(key);
  expect((await keys("revoke", "bob")).code).toBe(0);
  expect(await session.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/has ended/) });
  const refused = await ask("/v1/me", key);
  expect(await refused.json()).toMatchObject({ error: { code: "UNAUTHENTICATED", message: /was revoked/ } });
  const { keys: listed } = JSON.parse((await keys("list", "--json")).stdout) as {
    keys: { id: string; state: string }[];
  };
  expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ id: "bob", state: "revoked" })]));
  expect((await keys("list")).stdout).toMatch(/^ID +TENANT +STATE .*\nfirst +acme +valid /);
});

it("what is wrong with a command is one sentence", async () => {
  for (const [args, code, sentence] of [
    [["create", "--id", "first", "--tenant", "acme"], 1, /There is a key "first"/],
    [["create", "--id", "a:b", "--tenant", "acme"], 2, /cannot be an id/],
    [["create", "--id", "next", "--tenant", "Acme"], 2, /A tenant's name is/],
    [["create", "--id", "next"], 2, /--tenant/],
    [["revoke", "nobody"], 1, /There is no key "nobody"/],
  ] as const) {
    const { stdout, stderr, code: exit } = await keys(...args);
    expect([exit, stdout, stderr]).toEqual([code, "", expect.stringMatching(sentence)]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  }
});

it("L10: a process that others would reach does not start for everybody", async () => {
  await using child = MaskwireProcess.spawn({ MASKWIRE_HOST: "0.0.0.0" });
  const { code, stderr } = await child.ended;
  expect([code, stderr]).toEqual([78, expect.stringMatching(/MASKWIRE_AUTH_FILE.*MASKWIRE_AUTH=none/)]);
  await writeFile(join(folder, "wrong.json"), "{}");
  await using other = MaskwireProcess.spawn({ MASKWIRE_AUTH_FILE: join(folder, "wrong.json") });
  expect((await other.ended).stderr).toMatch(/MASKWIRE_AUTH_FILE is ".*wrong\.json"; expected .*"keys"/);
});
