import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { Cluster } from "../support/cluster.js";
import { commandLine } from "../support/command-line.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";

let folder: string;
let file: string;
let maskwire: Maskwire;

/** `maskwire`, as a person types it. */
const cli = (args: string[], env: Record<string, string> = {}) => commandLine(args, { cwd: folder, env });
const keys = (...args: string[]) => cli(["keys", ...args, "--file", file]);
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
  expect(await (await ask("/v1/models", key)).json()).toMatchObject({ models: [{ id: tinyModelId }] });
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

it("L8: the command line sends the key of a file or of its environment, and says where it looks for one", async () => {
  const key = await create("dan");
  await expect.poll(async () => (await ask("/v1/me", key)).status).toBe(200);
  const keyFile = join(folder, "dan.key");
  await writeFile(keyFile, `${key}\n`);
  const photo = join(folder, "scene.jpg");
  await writeFile(photo, await jpegScene(320, 240, 71));
  const segment = (env: Record<string, string>, ...more: string[]) =>
    cli(["segment", photo, "--point", "100,100", "--json", "--url", maskwire.url, ...more], env);
  for (const [env, more] of [
    [{}, ["--key-file", keyFile]],
    [{ MASKWIRE_KEY_FILE: keyFile }, []],
    [{ MASKWIRE_KEY: key }, []],
  ] as const) {
    const { code, stderr } = await segment(env, ...more);
    expect([code, stderr]).toEqual([0, ""]);
  }
  const { code, stderr } = await segment({});
  expect([code, JSON.parse(stderr).error.message]).toEqual([
    1,
    expect.stringMatching(/--key-file or MASKWIRE_KEY_FILE/),
  ]);
});

it("L11: gateways speak for those who ask them to tiers that know them by a key, and wait while these do not", async () => {
  const users = join(folder, "users.json");
  const peers = join(folder, "peers.json");
  const peerKey = join(folder, "peer.key");
  const ann = (await cli(["keys", "create", "--id", "ann", "--tenant", "acme", "--file", users])).stdout.trim();
  const createPeer = (id: string) =>
    cli(["keys", "create", "--id", id, "--tenant", "ours", "--scopes", "peer", "--file", peers]);
  await writeFile(peerKey, (await createPeer("first")).stdout);
  await using cluster = await Cluster.start(
    { MASKWIRE_AUTH_FILE: users, MASKWIRE_PEER_KEY_FILE: peerKey },
    { MASKWIRE_AUTH_FILE: peers },
    { encoders: 1, decoders: 1 },
  );
  const { url } = cluster.gateway;
  const headers = { authorization: `Bearer ${ann}` };
  const upload = async (seed: number) => {
    const answer = await fetch(`${url}/v1/images`, { method: "POST", headers, body: await jpegScene(320, 240, seed) });
    return answer.status;
  };
  expect(await upload(81)).toBe(200);
  await expect.poll(() => cluster.gateway.stderr).toContain("goes to the other tiers unencrypted");
  // Nobody else gets in at a decoder, be it with a key of the gateway's.
  const direct = new RpcClient(cluster.decoders[0]?.address ?? "");
  await expect(direct.unary(DecoderService.method.segmentOnce, {})).rejects.toMatchObject({
    code: Code.UNAUTHENTICATED,
  });
  direct.close();
  await cli(["keys", "revoke", "first", "--file", peers]);
  await expect.poll(() => upload(82)).toBe(503);
  await expect.poll(() => cluster.gateway.stderr).toContain("MASKWIRE_PEER_KEY_FILE must hold a key");
  await writeFile(peerKey, (await createPeer("second")).stdout);
  await expect.poll(() => upload(83)).toBe(200);
});

it("L10: a process that others would reach does not start for everybody", async () => {
  await using child = MaskwireProcess.spawn({ MASKWIRE_HOST: "0.0.0.0" });
  const { code, stderr } = await child.ended;
  expect([code, stderr]).toEqual([78, expect.stringMatching(/MASKWIRE_AUTH_FILE.*MASKWIRE_AUTH=none/)]);
  await writeFile(join(folder, "wrong.json"), "{}");
  await using other = MaskwireProcess.spawn({ MASKWIRE_AUTH_FILE: join(folder, "wrong.json") });
  expect((await other.ended).stderr).toMatch(/MASKWIRE_AUTH_FILE is ".*wrong\.json"; expected .*"keys"/);
});
