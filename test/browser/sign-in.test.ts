import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { audience, RealProvider } from "../support/real-provider.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { TlsFiles } from "../support/tls-files.js";
import { type Preparation, scene, scenePhoto, watched } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const folder = mkdtempSync(join(tmpdir(), "maskwire-sign-in-"));
const file = join(folder, "keys.json");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const secretOf = (id: string) => id.repeat(43).slice(0, 43);
const keyOf = (id: string) => `mw_${id}_${secretOf(id)}`;
const tls = new TlsFiles();
let maskwire: Maskwire;

/** The page over TLS, with a certificate that the system's authorities know nothing of. */
const open = (options = {}, prepare?: Preparation) =>
  stack.open(maskwire.url, { ignoreHTTPSErrors: true, ...options }, prepare);

function writeKeys(...ids: string[]): void {
  const tenants: Record<string, string> = { carl: "other" };
  const keys = ids.map((id) => ({
    id,
    sha256: createHash("sha256").update(secretOf(id)).digest("hex"),
    tenant: tenants[id] ?? "acme",
    scopes: ["segment", "everything", "upload"],
    limits: { clicksPerMinute: 500 },
    createdAt: "2026-01-01T00:00:00Z",
  }));
  writeFileSync(file, JSON.stringify({ keys }));
}

beforeAll(async () => {
  writeKeys("anna", "ben");
  maskwire = await startMaskwire({ ...tinyModelEnv(), ...tls.port(), MASKWIRE_AUTH_FILE: file });
});
afterAll(async () => {
  await maskwire?.stop();
  tls[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

const signedOut = '#link[data-state="signed-out"]';

it("asks for a key, says what is wrong with a bad one, and works with a good one until it is revoked", async () => {
  const page = await open();
  const dialog = page.page.getByTestId("sign-in");
  const key = page.page.getByTestId("sign-in-key");
  await dialog.waitFor();
  await page.page.locator(signedOut).waitFor();
  await expect.poll(() => page.page.evaluate("document.activeElement.id")).toBe("sign-in-key");

  await key.press("Enter");
  await page.page.getByText("Paste your key first.").waitFor();
  await key.fill(keyOf("nobody"));
  await key.press("Enter");
  await page.page.getByText("This key is not known here").waitFor();

  await key.fill(keyOf("anna"));
  await key.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  await page.until({ state: "ready" });
  await page.page.getByTestId("account").waitFor();

  // An upload of its own, a click, the embedding that the browser decodes with.
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  await page.click(scene.disc);
  await page.until({ "mask-look": "final", points: 1, waiting: 0 });

  // Revoked in the middle of the work: the click made then is kept, and answered for the next key.
  writeKeys("ben");
  await page.page.locator(signedOut).waitFor();
  await dialog.waitFor();
  await page.page.getByTestId("sign-in-cancel").click();
  await page.click(scene.plate);
  await page.page.getByText("Sign in to go on. Your clicks are kept.").waitFor();
  await page.page.getByTestId("notice-action").click();
  await dialog.waitFor();
  await key.fill(keyOf("ben"));
  await key.press("Enter");
  await page.until({ "mask-look": "final", points: 2, waiting: 0 });
});

it("stays for the tab, ends with signing out, and is nowhere in an address or in what is kept", async () => {
  writeKeys("anna", "ben");
  const addresses: string[] = [];
  const page = await open({}, (one) => {
    one.on("request", (request) => void addresses.push(request.url()));
    one.on("websocket", (socket) => void addresses.push(socket.url()));
  });
  await page.page.getByTestId("sign-in-key").fill(keyOf("ben"));
  await page.page.getByTestId("sign-in-submit").click();
  await page.until({ state: "ready" });
  const again = await page.page.reload();
  await page.until({ state: "ready" });
  // T1: all of it over TLS, sessions among it.
  expect(await again?.securityDetails()).toMatchObject({ issuer: "Test authority", protocol: "TLS 1.3" });
  expect(addresses.filter((address) => !/^(https|wss|blob|data):/.test(address))).toEqual([]);
  expect(addresses.some((address) => address.startsWith("wss:"))).toBe(true);
  expect(addresses.filter((address) => /mw_|ticket\.|ben/.test(address))).toEqual([]);
  expect(await page.page.evaluate("JSON.stringify(localStorage)")).not.toContain("mw_");
  await page.page.getByTestId("account").click();
  await page.page.getByTestId("account-sign-out").click();
  await page.page.locator(signedOut).waitFor();
  await page.page.reload();
  await page.page.getByTestId("sign-in").waitFor();
  expect(await page.page.evaluate("JSON.stringify(sessionStorage)")).not.toContain("mw_");
});

it("shows nobody what another tenant's person has left on the same machine", async () => {
  writeKeys("anna", "carl");
  const page = await open();
  const signInAs = async (id: string) => {
    await page.page.getByTestId("sign-in-key").fill(keyOf(id));
    await page.page.getByTestId("sign-in-submit").click();
    await page.page.getByTestId("account").waitFor();
    await page.until({ state: "ready" });
  };
  const own = page.page.locator(
    '#strip li[data-name="hers.jpg"], #strip [title*="hers.jpg"], #strip [aria-label*="hers.jpg"]',
  );
  await signInAs("anna");
  await page.choose(await scenePhoto(5), "hers.jpg");
  await page.until({ state: "ready", "image-width": scene.width });
  await own.first().waitFor();
  await page.page.locator('#saved[data-status="saved"]').waitFor();
  await page.page.getByTestId("account").click();
  await page.page.getByTestId("account-sign-out").click();
  await page.page.getByTestId("sign-in").waitFor();
  expect(await own.count()).toBe(0);
  await signInAs("carl");
  expect(await own.count()).toBe(0);
  await page.page.getByTestId("account").click();
  await page.page.getByTestId("account-sign-out").click();
  await page.page.getByTestId("sign-in").waitFor();
  await signInAs("anna");
  await own.first().waitFor();
});

it("signs in with an organisation's provider, renews what it was given, and stays", async () => {
  const port = await freePort();
  await using provider = await RealProvider.start(undefined, { url: `http://localhost:${port}/`, tokenSeconds: 600 });
  const guarded = await startMaskwire({
    ...tinyModelEnv(),
    MASKWIRE_PORT: String(port),
    MASKWIRE_OIDC_ISSUER: provider.issuer,
    MASKWIRE_OIDC_AUDIENCE: audience,
    MASKWIRE_OIDC_TENANT_CLAIM: "org.tenant",
    MASKWIRE_OIDC_CLIENT_ID: "page",
    MASKWIRE_OIDC_CLIENT_SCOPE: "openid maskwire:segment maskwire:upload",
  });
  try {
    const page = await stack.open(`http://localhost:${port}`);
    await page.page.getByTestId("sign-in-provider").click();
    await page.page.getByTestId("account").waitFor();
    expect(new URL(page.page.url()).search).toBe("");
    // A token whose time is over: the next one is had without a question.
    const renewed = page.page.waitForResponse(`${provider.issuer}/token`);
    await page.page.route("**/v1/tickets", (route) => route.fulfill({ status: 401 }), { times: 1 });
    await page.page.goto(watched(`http://localhost:${port}`));
    expect((await renewed).status()).toBe(200);
    await page.until({ state: "ready" });
    await page.click({ x: 0.5, y: 0.5 });
    await page.until({ "mask-look": "final", points: 1 });
  } finally {
    await guarded.stop();
  }
});

it("says who is signed in, and what they have used of their limits", async () => {
  writeKeys("anna", "ben");
  const page = await open({ colorScheme: "dark" });
  await page.page.getByTestId("sign-in-key").fill(keyOf("ben"));
  await page.page.getByTestId("sign-in-submit").click();
  await page.until({ state: "ready" });
  await page.click({ x: 0.5, y: 0.5 });
  await page.until({ "mask-look": "final" });
  await page.page.getByTestId("account").click();
  const dialog = page.page.getByTestId("account-dialog");
  await dialog.getByText("ben (acme)").waitFor();
  await dialog.getByText(/^[1-9]\d* of 500$/).waitFor();
  await dialog.getByText("Clicks a minute").waitFor();
  await page.page.evaluate(axe);
  expect(await page.page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")).toEqual([]);
  await page.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
});

it("is accessible, in Chinese too", async () => {
  for (const options of [{}, { locale: "zh-CN", viewport: { width: 320, height: 640 } }]) {
    const page = await open(options);
    await page.page.getByTestId("sign-in").waitFor();
    await page.page.evaluate(axe);
    expect(await page.page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")).toEqual([]);
  }
});
