import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import { writeKeyFile } from "../../services/access/keys/key-file.js";
import { digestOf, formatKey, newSecret } from "../../services/access/keys/secret.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import type { PrincipalLimits } from "../../services/runtime/callers/principal.js";
import { codecOf } from "../../services/runtime/grpc/codec.js";
import { methodDefinition } from "../../services/runtime/grpc/service-definition.js";
import { upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-quotas-"));
const keys = new Map<string, string>();
let maskwire: Maskwire;
let imageId: string;

function entryOf(id: string, tenant: string, limits: PrincipalLimits) {
  const secret = newSecret();
  keys.set(id, formatKey({ id, secret }));
  const sha256 = digestOf(secret).toString("hex");
  return { id, tenant, limits, sha256, scopes: ["segment", "everything", "upload"] as const, createdAt: 0 };
}
const headersOf = (id: string) => ({ authorization: `Bearer ${keys.get(id)}` });
const prompt = { points: [clickOn("disc")] };
const segment = (id: string) =>
  fetch(`${maskwire.url}/v1/segment`, {
    method: "POST",
    headers: headersOf(id),
    body: JSON.stringify({ imageId, prompt }),
  });

beforeAll(async () => {
  const path = join(folder, "keys.json");
  const tenants = { acme: { limits: { clicksPerMinute: 5 } } };
  const entries = [
    entryOf("few", "acme", { clicksPerMinute: 2, sessions: 1 }),
    entryOf("more", "acme", {}),
    entryOf("direct", "other", { clicksPerMinute: 1, everythingPointsPerHour: 100 }),
  ];
  writeFileSync(path, writeKeyFile({ keys: entries, tenants }), { mode: 0o600 });
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_AUTH_FILE: path });
  const picture = await jpegScene();
  const { image } = await upload(maskwire.url, picture, {}, headersOf("more"));
  await upload(maskwire.url, picture, {}, headersOf("direct"));
  imageId = image?.imageId ?? "";
});
afterAll(async () => {
  await maskwire?.stop();
  rmSync(folder, { recursive: true });
});

it("Q1, Q3: clicks are counted over HTTP and WebSocket alike, for a key and for all of its tenant", async () => {
  expect((await segment("few")).status).toBe(200);
  await using socket = await SocketClient.join(maskwire.url, { headers: headersOf("few") });
  await socket.openReady(imageId);
  const click = async (sequence: number) => {
    socket.segment({ sequence, prompt });
    return (await socket.next("segment")).outcome;
  };
  expect((await click(1)).case).toBe("result");
  const refused = await click(2);
  if (refused.case !== "error") throw new Error("a click beyond the limit was answered");
  expect(refused.value.message).toMatch(
    /^You have used up your limit of clicks a minute \(clicksPerMinute\); try again in \d+ s\.$/,
  );
  expect(refused.value.retryAfterMs).toBeGreaterThan(1000);
  const reply = await segment("few");
  expect(reply.status).toBe(429);
  expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(1);
  // Three are left for the tenant's others.
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) statuses.push((await segment("more")).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect(await metric(maskwire.adminUrl, 'maskwire_limit_hits_total{limit="quota_clicks"}')).toBe(3);

  const second = await SocketClient.connect(maskwire.url, { headers: headersOf("few") });
  expect(await second.closed).toMatchObject({ code: 4429, reason: expect.stringContaining("(sessions)") });
});

it("Q4: tells each key what it and its tenant have used", async () => {
  const usage = await (await fetch(`${maskwire.url}/v1/usage`, { headers: headersOf("few") })).json();
  expect(usage).toMatchObject({
    principal: "few",
    tenant: "acme",
    limits: [
      { name: "clicksPerMinute", of: "principal", window: 60, used: 2, limit: 2, resetsAt: expect.any(String) },
      { name: "sessions", of: "principal", window: null, limit: 1, resetsAt: null },
      { name: "clicksPerMinute", of: "tenant", used: 5, limit: 5 },
    ],
  });
  const other = await fetch(`${maskwire.url}/v1/usage?tenant=acme`, { headers: headersOf("direct") });
  expect(other.status).toBe(403);
});

it("Q1: whoever calls a decoder directly is counted there, by the same count", async () => {
  const client = new Client(new URL(maskwire.url).host, credentials.createInsecure());
  const method = DecoderService.method.segmentOnce;
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  const metadata = new Metadata();
  metadata.set("authorization", headersOf("direct").authorization);
  const call = () =>
    new Promise<string>((resolve) =>
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        codecOf(method.input).create({ imageId, prompt }),
        metadata,
        (error) => resolve(error ? `${error.code} ${error.details}` : "answered"),
      ),
    );
  expect(await call()).toBe("answered");
  expect(await call()).toMatch(/^8 You have used up your limit of clicks a minute/);
  expect((await segment("direct")).status).toBe(429);
  client.close();
});

it("Q1: everything mode is refused before it begins when its points are used up", async () => {
  const everything = async (pointsPerSide: number) => {
    const body = JSON.stringify({ imageId, pointsPerSide });
    const reply = await fetch(`${maskwire.url}/v1/everything`, { method: "POST", headers: headersOf("direct"), body });
    const text = await reply.text();
    return [reply.status, text] as const;
  };
  expect((await everything(9))[0]).toBe(200);
  expect(await everything(9)).toEqual([429, expect.stringContaining("(everythingPointsPerHour)")]);
});
