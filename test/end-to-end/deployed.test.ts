import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { projectRoot } from "../../services/runtime/project-root.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { kubernetesFolder, ofKind, render } from "../deploy/render.js";
import { environment, tiers } from "../deploy/workloads.js";
import { Child } from "../support/child.js";
import { DnsServer } from "../support/dns-server.js";
import { upload } from "../support/http-calls.js";
import { type ImageFiles, makeImageFiles } from "../support/image-files.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findHaproxy, findKustomize } from "../support/programs.js";
import { RedisServer } from "../support/redis-server.js";
import { SocketClient } from "../support/socket-client.js";
import { metric, readMetrics } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

/*
 * What the image holds, started as the manifests and compose.yaml start it: their environment, no right to write, and for
 * root nobody's user. Only addresses are put on the loopback.
 */

/** The image's user; where we may not become that one, our own. */
const user = process.getuid?.() === 0 ? { uid: 10001, gid: 10001 } : {};

let image: ImageFiles;
let redis: RedisServer;
let cacheFolder: string;

beforeAll(async () => {
  image = await makeImageFiles();
  redis = await RedisServer.start();
  cacheFolder = mkdtempSync(join(tmpdir(), "maskwire-model-cache-"));
  if (user.uid !== undefined) chownSync(cacheFolder, user.uid, user.gid);
}, 240_000);

afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await image?.[Symbol.asyncDispose]();
  rmSync(cacheFolder, { recursive: true, force: true });
});

/** One container: the image's command with its variables and those of a manifest. */
class Container extends Child {
  readonly env: Record<string, string>;
  url = "";
  adminUrl = "";

  static async start(env: Record<string, string>): Promise<Container> {
    const container = new Container({ PATH: process.env.PATH ?? "", ...image.env, ...env });
    try {
      const [[, url], [, adminUrl]] = await Promise.all([
        container.line(/^Maskwire \(\w+\) is ready at (http:\S+)$/),
        container.line(/^Its metrics are at (http:\S+)\/metrics$/),
      ]);
      container.url = url as string;
      container.adminUrl = adminUrl as string;
      return container;
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(env: Record<string, string>) {
    const [, , program, ...args] = image.entrypoint;
    super(program as string, args, { env, cwd: image.app, ...user });
    this.env = env;
  }

  /** host:port */
  get address(): string {
    return new URL(this.url).host;
  }

  /** As an engine runs HEALTHCHECK: in the container, with its variables. */
  isHealthy(): boolean {
    const [program, ...args] = image.healthCheck;
    return spawnSync(program as string, args, { env: this.env, cwd: image.app, ...user }).status === 0;
  }

  /** Tells it to stop. @returns its exit code. */
  async stop(): Promise<number | null> {
    this.signal("SIGTERM");
    return (await this.ended).code;
  }
}

/** Two at once. @throws why one cannot start; neither runs then. */
async function startBoth(one: Record<string, string>, other: Record<string, string>): Promise<[Container, Container]> {
  const starting = [Container.start(one), Container.start(other)] as const;
  try {
    return await Promise.all(starting);
  } catch (error) {
    for (const end of await Promise.allSettled(starting)) {
      if (end.status === "fulfilled") await end.value[Symbol.asyncDispose]();
    }
    throw error;
  }
}

/** A manifest's environment for this machine: other addresses, the rest as it is. */
async function onLoopback(
  env: Record<string, string>,
  others: Record<string, string> = {},
): Promise<Record<string, string>> {
  const here = {
    MASKWIRE_HOST: "127.0.0.1",
    // Not 0: the health check reads the same variables.
    MASKWIRE_PORT: String(await freePort()),
    MASKWIRE_ADMIN_PORT: String(await freePort()),
    MASKWIRE_MODEL_CACHE_DIR: cacheFolder,
    ...(env.MASKWIRE_CACHE_URL ? { MASKWIRE_CACHE_URL: redis.url } : {}),
  };
  return { ...env, ...here, ...others };
}

/** Uploads a picture and clicks its disc over a WebSocket. @returns the mask's share of the picture. */
async function clickThrough(url: string, seed: number): Promise<number> {
  const { image: picture } = await upload(url, await jpegScene(640, 480, seed));
  await using client = await SocketClient.join(url);
  await client.openReady(picture?.imageId ?? "");
  client.segment({ sequence: 1, prompt: { points: [clickOn("disc")] } });
  const { outcome } = await client.next("segment");
  if (outcome.case !== "result") throw new Error(`the click was answered with ${outcome.case}`);
  return (outcome.value.masks[0]?.area ?? 0) / (640 * 480);
}

it("the image holds what it needs and no more", () => {
  const has = (path: string) => statSync(join(image.app, path), { throwIfNoEntry: false }) !== undefined;
  expect(image.entrypoint.slice(0, 2)).toEqual(["/usr/bin/tini", "--"]);
  for (const path of [
    image.entrypoint[3],
    image.healthCheck[1],
    "dist/models/cli.js",
    "dist/site/index.html",
    "NOTICE",
  ]) {
    expect(has(path as string), path).toBe(true);
  }
  for (const path of [
    "dist/test",
    "node_modules/typescript",
    "node_modules/onnxruntime-web",
    "services",
    "web-client",
  ]) {
    expect(has(path), path).toBe(false);
  }
});

describe.skipIf(!findKustomize())("the tiers of deploy/kubernetes/overlays/cpu", () => {
  it("start, answer a click, say that they are well, and stop in order", async () => {
    const objects = render(join(kubernetesFolder, "overlays", "cpu"));
    const env = (name: string) => {
      const tier = tiers(objects).find((one) => one.name === name);
      if (!tier) throw new Error(`there is no ${name}`);
      return environment(tier, objects);
    };
    const services = await startBoth(await onLoopback(env("encoder")), await onLoopback(env("decoder")));
    await using encoder = services[0];
    await using first = services[1];
    // The graphs that the first has made serve this one, too.
    const decoder = await onLoopback(env("decoder"));
    const addresses = {
      MASKWIRE_ENCODER_ADDRESS: encoder.address,
      MASKWIRE_DECODER_ADDRESSES: `${first.address},127.0.0.1:${decoder.MASKWIRE_PORT}`,
    };
    // Nobody has a data set: it is ready without a database.
    const MASKWIRE_DATA_DIR = join(cacheFolder, "data");
    await using dataset = await Container.start(await onLoopback(env("dataset"), { ...addresses, MASKWIRE_DATA_DIR }));
    const others = await startBoth(
      decoder,
      await onLoopback(env("gateway"), { ...addresses, MASKWIRE_DATASET_ADDRESS: dataset.address }),
    );
    await using second = others[0];
    await using gateway = others[1];
    const all = [encoder, first, second, dataset, gateway];
    expect(await clickThrough(gateway.url, 901)).toBeGreaterThan(0.01);
    expect(all.map((one) => one.isHealthy())).toEqual([true, true, true, true, true]);

    // The autoscaler's questions are about metrics that exist, with labels that they have.
    const metrics = await Promise.all(all.map(({ adminUrl }) => readMetrics(adminUrl)));
    const queries = ofKind(render(join(kubernetesFolder, "overlays", "production")), "ScaledObject").flatMap(queriesOf);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(unanswered(query, metrics.join("\n")), query).toEqual([]);
    // So are those that OPERATIONS.md sends people to.
    const guide = readFileSync(join(projectRoot, "deploy", "OPERATIONS.md"), "utf8");
    const named = new Set(guide.match(/maskwire_[a-z0-9_]+/g));
    expect([...named].filter((name) => !metrics.some((text) => text.includes(`# TYPE ${name} `)))).toEqual([]);

    for (const one of [gateway, dataset, first, second, encoder]) expect(await one.stop()).toBe(0);
    expect(gateway.isHealthy()).toBe(false);
  });

  it("write nothing but the decoder's graphs", () => {
    // The tree belongs to another user, where we may choose; a process that wrote to it would have failed.
    expect(statSync(join(image.app, "dist")).uid).not.toBe(user.uid);
    expect(statSync(join(image.app, "node_modules", ".cache"), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe.skipIf(!findHaproxy())("the tiers of deploy/compose.yaml behind their proxy", () => {
  interface Compose {
    services: Record<string, { environment: Record<string, string>; volumes?: string[] }>;
  }
  const compose = parse(readFileSync(join(projectRoot, "deploy", "compose.yaml"), "utf8"), { merge: true }) as Compose;
  const env = (name: string) => compose.services[name]?.environment ?? {};
  /** What is asked is where sessions go: the tiers of Kubernetes have shown that the image brings its model. */
  let tinyModel: Record<string, string>;
  beforeAll(() => {
    const { MASKWIRE_MODELS_FILE: file, ...rest } = tinyModelEnv();
    const folder = join(cacheFolder, "tiny");
    // Other tests may be writing theirs.
    cpSync(dirname(file), folder, { recursive: true, filter: (path) => !/\.\d+$/.test(path) });
    tinyModel = { ...rest, MASKWIRE_MODELS_FILE: join(folder, basename(file)) };
  });

  it("answer clicks, keep sessions, and go on while a gateway stops", async () => {
    const port = await freePort();
    const services = await startBoth(
      await onLoopback(env("encoder"), tinyModel),
      await onLoopback(env("decoder"), tinyModel),
    );
    await using encoder = services[0];
    await using decoder = services[1];
    const addresses = { MASKWIRE_ENCODER_ADDRESS: encoder.address, MASKWIRE_DECODER_ADDRESSES: decoder.address };
    // As containers: one port on addresses of their own.
    const gatewayAt = (host: string) =>
      onLoopback(env("gateway"), { ...addresses, MASKWIRE_HOST: host, MASKWIRE_PORT: String(port) });
    const gateways = await startBoth(await gatewayAt("127.0.0.2"), await gatewayAt("127.0.0.3"));
    await using leaving = gateways[0];
    await using staying = gateways[1];
    await using dns = await DnsServer.start({ gateway: ["127.0.0.2", "127.0.0.3"] });
    const door = await freePort();
    await using proxy = startProxy({ BIND: `127.0.0.1:${door}`, GATEWAYS: `gateway:${port}`, DNS: dns.address });
    const url = `http://127.0.0.1:${door}`;
    // It has found both by DNS.
    await Promise.all([proxy.line(/gateway1\b.* is UP/), proxy.line(/gateway2\b.* is UP/)]);

    expect(await clickThrough(url, 902)).toBeGreaterThan(0.01);
    // However they are written: the proxy's rule is about the path that the gateway will read.
    for (const path of [
      "/metrics",
      "/readyz",
      "/livez",
      "/%6detrics",
      "/%72eadyz?x",
      "//livez",
      "/x/../readyz",
      "/./livez",
    ]) {
      expect(await statusOf(url, path), path).toBe(404);
    }

    // Sessions are spread; one that is told to go elsewhere finds the other gateway.
    const sessions = [await SocketClient.join(url), await SocketClient.join(url)];
    expect([await sessionsOf(leaving), await sessionsOf(staying)]).toEqual([1, 1]);
    expect(await leaving.stop()).toBe(0);
    const { code } = await Promise.race(sessions.map((one) => one.closed));
    expect(code).toBe(1001);
    expect(await clickThrough(url, 902)).toBeGreaterThan(0.01);
    for (const session of sessions) await session[Symbol.asyncDispose]();
  });

  function startProxy(settings: Record<string, string>): Child {
    const given = env("proxy");
    expect(Object.keys(settings).sort()).toEqual(Object.keys(given).sort());
    const config = join(projectRoot, "deploy", "proxy", "haproxy.cfg");
    return new Child(findHaproxy() as string, ["-W", "-db", "-f", config], { env: settings });
  }
});

const sessionsOf = ({ adminUrl }: { adminUrl: string }) => metric(adminUrl, "maskwire_sessions");

/** Of a path as it is written: `fetch` would put it in order. */
async function statusOf(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  const [reply] = (await once(request({ hostname, port, path }).end(), "response")) as [IncomingMessage];
  reply.resume();
  return reply.statusCode;
}

function queriesOf({ spec }: { spec?: Record<string, unknown> }): string[] {
  const { triggers } = spec as { triggers: { type: string; metadata: Record<string, string> }[] };
  return triggers.filter(({ type }) => type === "prometheus").map(({ metadata }) => metadata.query as string);
}

/** Selectors of a query to which no series answers; the namespace is Prometheus's own label. */
function unanswered(query: string, metrics: string): string[] {
  const selectors = [...query.matchAll(/(maskwire_\w+)\{([^}]*)\}/g)];
  if (selectors.length === 0) return [query];
  return selectors
    .filter(([, name, matchers]) => {
      const labels = (matchers as string).split(",").filter((one) => !one.startsWith("namespace="));
      return !metrics
        .split("\n")
        .some((line) => new RegExp(`^${name}[ {]`).test(line) && labels.every((label) => line.includes(label)));
    })
    .map(([selector]) => selector);
}
