import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { Authority } from "../../runtime/testing/authority.js";
import { addressOf } from "./model-address.js";
import { ModelServer } from "./model-server.js";
import { FakeModelServer } from "./testing/fake-model-server.js";
import { patchModel } from "./testing/patch-model.js";

/** What describes a model of an address, for a process whose authorities are named before it starts. */
const describing = (address: string) => `
  import { addressOf } from "${new URL("./model-address.js", import.meta.url)}";
  import { ModelServer } from "${new URL("./model-server.js", import.meta.url)}";
  const server = new ModelServer(addressOf("${address}", "m"), { callMs: 5000, answerBytes: 1e6 });
  try { console.log((await server.describe()).name); } catch (error) { console.log(error.message); }
  server.close();`;

it("is asked over TLS by grpcs, by its name, where an authority that is known vouches for it", async () => {
  using authority = new Authority();
  const tls = authority.issue("model-server", "DNS:localhost");
  await using server = await FakeModelServer.start((await patchModel()).served(), 0, tls);
  const [, path = ""] = /:\d+(\/.*)$/.exec(server.provider) ?? [];
  const [right, wrong] = ["localhost", "127.0.0.1"].map((host) => `oip:grpcs://${host}:${server.port}${path}`);
  const askedBy = async (address = "", env: Record<string, string> = {}) => {
    const args = ["--input-type=module", "-e", describing(address)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
    return stdout.trim();
  };
  const known = { NODE_EXTRA_CA_CERTS: authority.cert };
  const [byName, byAddress] = await Promise.all([askedBy(right, known), askedBy(wrong, known)]);
  expect(byName).toBe(path.slice(1));
  expect(byAddress).toMatch(/cannot be reached.*(certificate|altnames|IP)/i);

  const strange = new ModelServer(addressOf(right as `oip:${string}`, "m"), { callMs: 5000, answerBytes: 1e6 });
  await expect(strange.describe()).rejects.toThrow(/certificate/);
  strange.close();
});
