import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Authority } from "../../services/runtime/testing/authority.js";
import { Cluster } from "../support/cluster.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { TlsFiles } from "../support/tls-files.js";
import { until } from "../support/until.js";

const run = promisify(execFile);
const disc = { points: [clickOn("disc")] };
const files = new TlsFiles();
const theirs = new Authority("Theirs");
const ca = files.authority.pem;
let picture: Buffer;
let imageId: string;

beforeAll(async () => {
  picture = await jpegScene(640, 480, 900);
  imageId = imageIdOf(picture);
});
afterAll(() => {
  files[Symbol.dispose]();
  theirs[Symbol.dispose]();
});

async function upload(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const sent = request(`${url}/v1/images`, { method: "POST", ca, agent: false, headers });
  sent.end(picture);
  const [reply] = await once(sent, "response");
  await once(reply.resume(), "end");
  return reply.statusCode;
}

/** A click over a WebSocket. @returns how it came out. */
async function click(url: string) {
  await using client = await SocketClient.join(url, { ca });
  await client.openReady(imageId);
  client.segment({ sequence: 1, prompt: disc });
  return (await client.next("segment")).outcome.case;
}

async function loadEmbedding(url: string, role?: string): Promise<void> {
  const client = files.rpc(url, role);
  try {
    const call = client.clientStream(DecoderService.method.loadEmbedding, { deadlineMs: 3000 });
    call.end();
    await call.response;
  } finally {
    client.close();
  }
}

describe("T1: one encrypted port", () => {
  let maskwire: Maskwire;
  beforeAll(async () => {
    maskwire = await startMaskwire({ ...tinyModelEnv(), ...files.port("optional") });
  });
  afterAll(() => maskwire.stop());

  it("takes an upload over HTTPS, a click over WSS and one over gRPC", async () => {
    expect(maskwire.url).toMatch(/^https:/);
    expect(await upload(maskwire.url)).toBe(200);
    expect(await click(maskwire.url)).toBe("result");
    for (const role of [undefined, "client"]) {
      const rpc = files.rpc(maskwire.url, role);
      const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, { sequence: 2, imageId, prompt: disc });
      expect(outcome.case).toBe("result");
      rpc.close();
    }
  });

  it("W2: knows its own page by https, and none that came without", async () => {
    const { host } = new URL(maskwire.url);
    expect(await upload(maskwire.url, { origin: `https://${host}` })).toBe(200);
    expect(await upload(maskwire.url, { origin: `http://${host}` })).toBe(403);
  });

  it("T6: lets nobody but gateways load embeddings", async () => {
    for (const role of [undefined, "client", "decoder"]) {
      await expect(loadEmbedding(maskwire.url, role)).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
    }
    await expect(loadEmbedding(maskwire.url, "gateway")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  });

  it("T6: over HTTP and for WebSockets takes clients, and gateways alone for what an administrator may", async () => {
    const known = (role: string) => {
      const { cert, key } = role === "none" ? files.authority.issue("none", "DNS:example.org") : files.issue(role);
      return { cert: readFileSync(cert), key: readFileSync(key) };
    };
    const ask = async (own: object, method: string, path: string) => {
      const sent = request(`${maskwire.url}${path}`, { method, ca, agent: false, ...own }).end();
      const [reply] = await once(sent, "response");
      await once(reply.resume(), "end");
      return reply.statusCode;
    };
    const statuses: Record<string, unknown> = {};
    for (const role of [undefined, "client", "gateway", "decoder", "none"]) {
      const own = role === undefined ? {} : known(role);
      statuses[String(role)] = [
        await ask(own, "GET", "/v1/models"),
        await ask(own, "DELETE", "/v1/tenants/acme"),
        await ask(own, "GET", "/livez"),
      ];
      if (role === "decoder") await expect(SocketClient.join(maskwire.url, { ca, ...own })).rejects.toThrow("403");
    }
    expect(statuses).toEqual({
      undefined: [200, 403, 200],
      client: [200, 403, 200],
      gateway: [200, 204, 200],
      decoder: [403, 403, 200],
      none: [403, 403, 200],
    });
  });

  it("is reached by the command line with a private authority, and says what to do without", async () => {
    const folder = mkdtempSync(join(tmpdir(), "maskwire-tls-"));
    try {
      const file = join(folder, "picture.jpg");
      writeFileSync(file, picture);
      const { x, y } = clickOn("disc");
      const cli = join(projectRoot, "dist", "services", "maskwire", "cli.js");
      const args = [cli, "segment", file, "--point", `${x},${y}`, "--url", maskwire.url, "--json"];
      const env = { PATH: process.env.PATH ?? "" };
      const { stdout } = await run(process.execPath, args, {
        env: { ...env, NODE_EXTRA_CA_CERTS: files.authority.cert },
      });
      expect(JSON.parse(stdout)).toHaveProperty("masks");
      await expect(run(process.execPath, args, { env })).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      });
      // The server that the command starts for itself needs no certificate, whatever the settings of others are.
      const alone = { ...env, ...tinyModelEnv(), ...files.port("required"), MASKWIRE_TLS_CERT_FILE: "/nowhere.crt" };
      const ownServer = await run(
        process.execPath,
        args.filter((one) => one !== "--url" && one !== maskwire.url),
        { env: alone },
      );
      expect(JSON.parse(ownServer.stdout)).toHaveProperty("masks");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("T8: a cluster whose tiers are encrypted and know each other", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ ...files.port(), ...files.peer("gateway") }, files.port("required"), {
      encoders: 1,
      decoders: 1,
    });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it("takes an upload and clicks", async () => {
    expect(await upload(cluster.gateway.url)).toBe(200);
    expect(await click(cluster.gateway.url)).toBe("result");
  });

  it("T6: a decoder lets no client load an embedding", async () => {
    const [decoder] = cluster.decoders as [MaskwireProcess];
    await expect(loadEmbedding(decoder.url, "client")).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
    const cutOff = { code: expect.toBeOneOf([Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED]) };
    await expect(loadEmbedding(decoder.url)).rejects.toMatchObject(cutOff);
  });

  const gatewayWith = (peer: Record<string, string>) =>
    MaskwireProcess.start({
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: cluster.encoders.map(({ address }) => address).join(),
      MASKWIRE_DECODER_ADDRESSES: cluster.decoders.map(({ address }) => address).join(),
      ...peer,
    });
  const servers = (gateway: MaskwireProcess, state: string) =>
    metric(gateway.adminUrl, `maskwire_peers{tier="decoder",state="${state}"}`);

  it("a gateway uses no server of another authority, and says so", async () => {
    await using gateway = await gatewayWith(files.peer("gateway", theirs));
    await gateway.said(/the way to a server of another tier cannot be encrypted/, "stderr");
    await until(async () => (await servers(gateway, "lost")) === cluster.decoders.length);
  });

  it("a server takes no gateway of another authority, and counts it", async () => {
    const stranger = theirs.issue("stranger", "URI:spiffe://test/maskwire/gateway");
    const own = { MASKWIRE_PEER_CERT_FILE: stranger.cert, MASKWIRE_PEER_CERT_KEY_FILE: stranger.key };
    await using gateway = await gatewayWith({ ...files.peer("gateway"), ...own });
    const [decoder] = cluster.decoders as [MaskwireProcess];
    const refused = `maskwire_tls_refused_total{reason="bad_certificate"}`;
    await until(async () => (await metric(decoder.adminUrl, refused)) > 0);
    expect(await servers(gateway, "serving")).toBe(0);
  });
});

describe("T4: a process whose certificate cannot be used does not start", () => {
  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      "it has ended",
      () => files.port(undefined, files.authority.issue("ended", "DNS:localhost", -1)),
      /^maskwire: MASKWIRE_TLS_CERT_FILE is ".*": what is in it ended on [\d-]+; put a new one there\.\n$/,
    ],
    [
      "it is missing",
      () => ({ ...files.port(), MASKWIRE_TLS_CERT_FILE: "/nowhere.crt" }),
      /^maskwire: MASKWIRE_TLS_CERT_FILE is "\/nowhere.crt": there is no such file; put one there\.\n$/,
    ],
    [
      "its key is missing",
      () => ({ MASKWIRE_TLS_CERT_FILE: files.server.cert }),
      /^maskwire: MASKWIRE_TLS_CERT_FILE and MASKWIRE_TLS_KEY_FILE need each other\.\n$/,
    ],
    [
      "the peers' authority is not there",
      () => ({
        MASKWIRE_ROLE: "gateway",
        MASKWIRE_ENCODER_ADDRESS: "127.0.0.1:1",
        MASKWIRE_DECODER_ADDRESSES: "127.0.0.1:1",
        MASKWIRE_PEER_TLS: "on",
        MASKWIRE_PEER_CA_FILE: "/nowhere.crt",
      }),
      /^maskwire: MASKWIRE_PEER_CA_FILE is "\/nowhere.crt": there is no such file; put one there\.\n$/,
    ],
  ])("%s", async (_name, env, sentence) => {
    await using child = MaskwireProcess.spawn({ ...tinyModelEnv(), MASKWIRE_LOG_LEVEL: "warn", ...env() });
    const { code, stderr } = await child.ended;
    expect([code, stderr]).toEqual([78, expect.stringMatching(sentence)]);
  });
});
