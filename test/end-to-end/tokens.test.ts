import { afterAll, beforeAll, expect, it } from "vitest";
import { DecoderService } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { audience, RealProvider } from "../support/real-provider.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

let provider: RealProvider;
let maskwire: Maskwire;

beforeAll(async () => {
  provider = await RealProvider.start();
  maskwire = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_OIDC_ISSUER: provider.issuer,
    MASKWIRE_OIDC_AUDIENCE: audience,
    MASKWIRE_OIDC_TENANT_CLAIM: "org.tenant",
    MASKWIRE_OIDC_CLIENT_ID: "page",
  });
});
afterAll(async () => {
  await maskwire?.stop();
  await provider?.[Symbol.asyncDispose]();
});

const ask = (path: string, token: string, init: RequestInit = {}) =>
  fetch(`${maskwire.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });

it("L12: tokens of a real provider open every door, as far as their scopes go", async () => {
  expect(await (await fetch(`${maskwire.url}/v1/auth`)).json()).toEqual({
    required: true,
    methods: ["oidc"],
    oidc: { issuer: provider.issuer, clientId: "page", scope: "openid", audience },
  });
  const token = await provider.token("maskwire:segment maskwire:upload");
  expect(await (await ask("/v1/me", token)).json()).toMatchObject({
    id: "sub:robot",
    tenant: "acme",
    scopes: ["segment", "upload"],
    expiresAt: expect.stringMatching(/Z$/),
  });
  const picture = await jpegScene(320, 240, 91);
  const imageId = imageIdOf(picture);
  expect((await ask("/v1/images", token, { method: "POST", body: picture })).status).toBe(200);
  const { ticket } = (await (await ask("/v1/tickets", token, { method: "POST" })).json()) as { ticket: string };
  await using session = await SocketClient.join(maskwire.url, {
    protocols: ["maskwire.v1", `maskwire.ticket.${ticket}`],
  });
  await session.openReady(imageId);
  session.segment({ sequence: 1, prompt: { points: [clickOn("disc")] } });
  expect((await session.next("segment")).outcome.case).toBe("result");
  const refused = await ask("/v1/everything", token, { method: "POST", body: JSON.stringify({ imageId }) });
  expect(await refused.json()).toMatchObject({ error: { code: "PERMISSION_DENIED", message: /"everything"/ } });

  const reader = await provider.token("maskwire:segment");
  expect((await ask("/v1/images", reader, { method: "POST", body: picture })).status).toBe(403);
  expect((await ask("/v1/me", `${token.slice(0, -4)}AAAA`)).status).toBe(401);
  const client = new RpcClient(new URL(maskwire.url).host);
  await expect(client.unary(DecoderService.method.segmentOnce, {})).rejects.toMatchObject({
    code: Code.UNAUTHENTICATED,
  });
  client.close();
});

it("L13: who was known before the provider went goes on without it", async () => {
  const [known, fresh] = [await provider.token("maskwire:segment"), await provider.token("maskwire:segment")];
  expect((await ask("/v1/me", known)).status).toBe(200);
  await provider[Symbol.asyncDispose]();
  // Its keys are still there to check with.
  expect((await ask("/v1/me", fresh)).status).toBe(200);
  await using restarted = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_OIDC_ISSUER: provider.issuer,
    MASKWIRE_OIDC_AUDIENCE: audience,
    MASKWIRE_OIDC_TENANT_CLAIM: "org.tenant",
  });
  const answer = await fetch(`${restarted.url}/v1/me`, { headers: { authorization: `Bearer ${known}` } });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  expect((await ask("/v1/me", known)).status).toBe(200);
});
