import { copyFileSync, renameSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dial, RpcClient } from "../grpc/client.js";
import { serve } from "../grpc/serve.js";
import { Host } from "../host.js";
import { createMetrics } from "../host-metrics.js";
import { Authority, type Issued } from "../testing/authority.js";
import { Echo, echoScopes } from "../testing/echo-service.js";
import { fakeLogger } from "../testing/fake-logger.js";
import { PeerCertificate } from "./peer-certificate.js";

const ours = new Authority("Ours");
const theirs = new Authority("Theirs");
const server = ours.issue("server", "DNS:echo.example.org,IP:127.0.0.1");
const named = (variable: string, path: string) => ({ variable, path });
const filesOf = ({ cert, key }: Issued, ca: Authority) => ({
  cert: named("CERT", cert),
  key: named("KEY", key),
  ca: named("CA", ca.cert),
});
const logger = fakeLogger();
const metrics = createMetrics();
let host: Host;

beforeAll(async () => {
  const tls = { files: filesOf(server, ours), clients: "required" as const };
  host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, logger: fakeLogger(), tls });
  const say = async ({ value }: { value: string }) => ({ value });
  const implementation = { say, join: async () => ({}), chat: async () => {} };
  serve(host.rpc, Echo, implementation, { signal: host.forced, logger, scopes: echoScopes });
  const tier = { name: "echo", services: [Echo.typeName], readiness: () => ({ ready: true, detail: {} }) };
  const nothing = async () => {};
  await host.listen(() => [{ ...tier, start: nothing, drain: nothing, close: nothing }]);
});
afterAll(async () => {
  await host.stop();
  metrics.close();
  for (const one of [ours, theirs]) one[Symbol.dispose]();
});

/** One call on a new connection. */
async function say(certificate: PeerCertificate, name: string): Promise<string> {
  const address = `127.0.0.1:${host.port}`;
  const fresh = { "grpc.use_local_subchannel_pool": 1 };
  const client = new RpcClient(address, {}, dial(address, fresh, certificate.encryptTo(name)));
  try {
    return (await client.unary(Echo.method.say, { value: "hello" })).value;
  } finally {
    client.close();
  }
}

it("T8: knows a server by the name it was found by, or the one that is set", async () => {
  const files = filesOf(ours.issue("gateway"), ours);
  for (const [serverName, found] of [
    [undefined, "echo.example.org"],
    [undefined, "127.0.0.1"],
    ["echo.example.org", "10.0.0.1"],
  ] as const) {
    const certificate = new PeerCertificate({ files, serverName }, { logger, metrics });
    expect(await say(certificate, found)).toBe("hello");
    certificate.close();
  }
  const certificate = new PeerCertificate({ files, serverName: undefined }, { logger, metrics });
  await expect(say(certificate, "other.example.org")).rejects.toThrow();
  expect(logger.lines).toContainEqual(
    expect.objectContaining({ level: 50, why: expect.stringContaining("Host: other.example.org. is not in the cert") }),
  );
  certificate.close();
});

it("T8: shows a new certificate with the next connection, and says when one is not taken", async () => {
  const live = { cert: `${ours.folder}/live.crt`, key: `${ours.folder}/live.key` };
  const put = (issued: Issued) => {
    for (const part of ["cert", "key"] as const) {
      copyFileSync(issued[part], `${live[part]}.new`);
      renameSync(`${live[part]}.new`, live[part]);
    }
  };
  put(theirs.issue("gateway"));
  const certificate = new PeerCertificate({ files: filesOf(live, ours), serverName: undefined }, { logger, metrics });
  await expect(say(certificate, "127.0.0.1")).rejects.toThrow();
  put(ours.issue("renewed"));
  await expect.poll(() => say(certificate, "127.0.0.1").catch(() => "")).toBe("hello");
  certificate.close();
});
