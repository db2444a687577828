import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createClient } from "@redis/client";
import { DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ApiKeys } from "../../services/access/keys/api-keys.js";
import { type Role, roles, tierNames, tiers } from "../../services/maskwire/roles.js";
import { readEnv, shapeSettings, unknownVariables, variables } from "../../services/maskwire/settings.js";
import { describeMemory } from "../../services/runtime/limits/memory-plan.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { findRedisServer } from "../support/programs.js";
import { RedisServer } from "../support/redis-server.js";
import { memoryOf } from "./container-memory.js";
import { neededSettings } from "./needed-settings.js";

const read = (...path: string[]) => readFileSync(join(projectRoot, ...path), "utf8");
const text = read("deploy", "docker", "Dockerfile");
const dockerfile = DockerfileParser.parse(text);

const instructions = (keyword: string) =>
  dockerfile.getInstructions().filter((instruction) => instruction.getKeyword() === keyword);
const last = (keyword: string) => instructions(keyword).at(-1)?.getArgumentsContent() ?? "";
const settingsOf = (role: Role) => shapeSettings(readEnv(neededSettings(role)));
const portOf = (role: Role) => settingsOf(role).port;

describe("the image", () => {
  it("is made by a Dockerfile without a fault", () => {
    expect(validate(text)).toEqual([]);
  });

  it("the linter sees a fault", () => {
    expect(validate("FROM node\nEXPOSE none")).not.toEqual([]);
  });

  it("sets variables that are settings, with values that are accepted", () => {
    const set = dockerfile
      .getENVs()
      .flatMap((env) => env.getProperties())
      .map((property) => [property.getName(), property.getValue() ?? ""]);
    const env = Object.fromEntries(set) as Record<string, string>;
    expect(unknownVariables(env)).toEqual([]);
    expect(Object.keys(readEnv(env)).sort()).toEqual([
      "MASKWIRE_DATA_DIR",
      "MASKWIRE_HOST",
      "MASKWIRE_MODEL_CACHE_DIR",
    ]);
    // Who may use it is for who runs it to say (L10).
    expect(() => shapeSettings(readEnv(env))).toThrow(/MASKWIRE_AUTH_FILE/);
    expect(shapeSettings(readEnv({ ...env, MASKWIRE_AUTH: "none" })).host).toBe("0.0.0.0");
  });

  it("exposes the ports of its roles", () => {
    const exposed = last("EXPOSE").split(" ").map(Number);
    expect(new Set(exposed)).toEqual(new Set(roles.flatMap((role) => [portOf(role), settingsOf(role).admin?.port])));
  });

  it("runs as a user by number, never root, who owns nothing but the places for graphs and data sets", () => {
    expect(last("USER")).toBe("10001:10001");
    const place = last("ENV").match(/MASKWIRE_MODEL_CACHE_DIR=(\S+)/)?.[1];
    expect(text).toContain(`install -d -o 10001 -g 10001 -m 0750 ${place}`);
    const data = last("ENV").match(/MASKWIRE_DATA_DIR=(\S+)/)?.[1];
    expect(text).toContain(`install -d -o 10001 -g 10001 -m 0750 ${data} ${data}/database ${data}/files`);
    expect(text).not.toContain("--chown");
  });

  it("is stopped by the signal that the process hears, under an init", () => {
    expect(last("STOPSIGNAL")).toBe("SIGTERM");
    const [init, separator, program, entry] = JSON.parse(last("ENTRYPOINT")) as string[];
    expect([init, separator, program]).toEqual(["/usr/bin/tini", "--", "node"]);
    expect(existsSync(join(projectRoot, entry as string))).toBe(true);
  });

  it("has a health check that exists", () => {
    const [, script] = /"(dist\/[^"]+)"/.exec(last("HEALTHCHECK")) ?? [];
    expect(existsSync(join(projectRoot, script as string))).toBe(true);
  });

  it("has the Node that the suites run on", () => {
    const [, version] = /^ARG NODE_IMAGE=node:([\d.]+)-/m.exec(text) ?? [];
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    expect(version).toMatch(/^20\./);
    expect(engines.node).toBe(">=20.19");
  });
});

interface Service {
  image?: string;
  environment?: Record<string, string>;
  build?: { context: string; dockerfile: string; args?: Record<string, string> };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  command?: string[];
  secrets?: string[];
  depends_on?: Record<string, { condition: string }>;
  networks?: string[];
  deploy?: { resources?: { limits?: { memory: string; pids: number } } };
  stop_grace_period?: string;
  healthcheck?: unknown;
  volumes?: string[];
}

const compose = (name: string) =>
  parse(read("deploy", name), { merge: true }) as { services: Record<string, Service>; networks: object };

it("names no setting anywhere in deploy/ that does not exist", () => {
  const files = readdirSync(join(projectRoot, "deploy"), { recursive: true, withFileTypes: true });
  const texts = files.filter((file) => file.isFile()).map((file) => read("deploy", relativePath(file)));
  const named = new Set(texts.flatMap((one) => one.match(/MASKWIRE_[A-Z_]+/g) ?? []));
  expect(named.size).toBeGreaterThan(10);
  expect([...named].filter((name) => !Object.hasOwn(variables, name))).toEqual([]);
});

const relativePath = ({ parentPath, name }: { parentPath: string; name: string }) =>
  relative(join(projectRoot, "deploy"), join(parentPath, name));

describe("compose.yaml", () => {
  const { services, networks } = compose("compose.yaml");
  const ours = Object.entries(services).filter(([, { environment }]) => environment?.MASKWIRE_ROLE);

  it("starts each tier with settings that it takes", () => {
    expect(ours.map(([name]) => name).sort()).toEqual([...tierNames].sort());
    for (const [name, { environment = {} }] of ours) {
      expect(unknownVariables(environment)).toEqual([]);
      expect(shapeSettings(readEnv(environment)).role).toBe(name);
    }
  });

  it("bounds the memory and the processes of each container, with room for what a tier may take", () => {
    for (const [name, { deploy }] of Object.entries(services)) {
      expect(deploy?.resources?.limits?.memory, name).toMatch(/^\d+[mg]$/);
      expect(deploy?.resources?.limits?.pids, name).toBeGreaterThanOrEqual(64);
    }
    for (const [name, { environment = {}, deploy }] of ours) {
      const memory = memoryOf(deploy?.resources?.limits?.memory ?? "", environment);
      // The workers are the cores of the machine.
      const settings = shapeSettings({ ...readEnv(environment), MASKWIRE_DECODER_WORKERS: 16 }, memory);
      expect(describeMemory(settings.memory), name).toMatchObject({ fits: true });
      expect(settings.memory.parts.heap, name).toBe(memory.heapLimitBytes);
    }
  });

  it("names services and ports that are there", () => {
    for (const [, { environment = {} }] of ours) {
      for (const value of Object.values(environment)) {
        for (const [, name, port] of value.matchAll(/([a-z]+):(\d+)/g)) {
          expect(Object.keys(services)).toContain(name);
          if (name && name in tiers) expect(Number(port)).toBe(portOf(name as Role));
        }
      }
    }
    expect(services.proxy?.environment?.GATEWAYS).toBe(`gateway:${portOf("gateway")}`);
  });

  it("waits for what has a health check, over networks that exist", () => {
    for (const [name, service] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(condition, `${name} on ${other}`).toBe("service_healthy");
        // The image has its own.
        expect(services[other]?.healthcheck !== undefined || ours.some(([one]) => one === other)).toBe(true);
      }
      for (const network of service.networks ?? []) expect(Object.keys(networks)).toContain(network);
    }
  });

  it("gives no container more rights than it needs, and ours time to stop", () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
    }
    for (const [name, { environment = {}, stop_grace_period }] of ours) {
      const { stopMs } = shapeSettings(readEnv(environment));
      expect(Number.parseInt(stop_grace_period ?? "0", 10) * 1000, name).toBeGreaterThan(stopMs);
    }
  });

  describe("with compose.secrets.yaml", () => {
    const over = compose("compose.secrets.yaml") as ReturnType<typeof compose> & {
      secrets: Record<string, { file: string }>;
    };
    const folder = mkdtempSync(join(tmpdir(), "maskwire-compose-secrets-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "deploy"));
    // As a person pastes them, without the last one, which starts it.
    const commands = [...read("deploy", "compose.secrets.yaml").matchAll(/^# {3}(.*)$/gm)].map(
      ([, line]) => line as string,
    );
    const made = spawnSync("sh", ["-ec", commands.slice(0, -1).join("\n")], { cwd: folder, encoding: "utf8" });
    const secret = (name: string) => join(folder, "deploy", "secrets", name);
    /** What a tier is given, with the files of this machine. */
    const settingsFor = (name: string) => {
      const given = { ...services[name]?.environment, ...over.services[name]?.environment };
      const here = Object.entries(given).map(([key, value]) => [
        key,
        value.replace(/^\/run\/secrets\/(.*)$/, (_, one) => secret(one)),
      ]);
      return shapeSettings(readEnv(Object.fromEntries(here)));
    };

    it("gives by its own commands each container the files that it names, which nobody else on the host reads", () => {
      expect(made).toMatchObject({ status: 0, stderr: "" });
      expect(commands.at(-1)).toMatch(/^docker compose -f deploy\/compose.yaml -f deploy\/compose.secrets.yaml /);
      expect(statSync(secret("")).mode & 0o077).toBe(0);
      for (const [name, { file }] of Object.entries(over.secrets)) {
        expect(file).toBe(`./secrets/${name}`);
        expect(existsSync(secret(name)), name).toBe(true);
      }
      for (const [name, { environment = {}, command = [], secrets = [] }] of Object.entries(over.services)) {
        const paths = [...Object.values(environment), ...command].filter((one) => one.startsWith("/run/secrets/"));
        expect(paths, name).toEqual(secrets.map((one) => `/run/secrets/${one}`));
      }
    });

    it("has settings that encoders and decoders take, and a cache that keeps to what it was told before", () => {
      for (const name of ["encoder", "decoder"]) {
        const { cache } = settingsFor(name);
        expect(cache.signingKeys?.keys.length, name).toBe(1);
      }
      const before = services.valkey?.command ?? [];
      expect(over.services.valkey?.command?.slice(0, before.length)).toEqual(before);
    });

    it.skipIf(!findRedisServer())(
      "has the cache let in who has the password, to its own keys, and nobody else",
      async () => {
        await using redis = await RedisServer.start(undefined, [], ["--aclfile", secret("cache-users")]);
        const { username = "", password = "" } = settingsFor("encoder").cache.server ?? {};
        const client = createClient({ url: redis.url, username, password });
        await client.connect();
        await client.set("maskwire:one", "kept");
        expect(await client.get("maskwire:one")).toBe("kept");
        await expect(client.set("other", "one")).rejects.toThrow(/NOPERM/);
        await expect(client.sendCommand(["CONFIG", "GET", "*"])).rejects.toThrow(/NOPERM/);
        client.destroy();
        const stranger = createClient({ url: redis.url, disableOfflineQueue: true });
        await expect(stranger.connect().then(() => stranger.get("maskwire:one"))).rejects.toThrow(/NOAUTH/);
        stranger.destroy();
      },
    );
  });

  describe("with compose.keys.yaml", () => {
    const over = compose("compose.keys.yaml").services;
    const folder = mkdtempSync(join(tmpdir(), "maskwire-compose-keys-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "deploy"));
    const commands = [...read("deploy", "compose.keys.yaml").matchAll(/^# {3}(.*)$/gm)].map(
      ([, line]) => line as string,
    );
    const cli = `${process.execPath} ${join(projectRoot, "dist", "services", "maskwire", "cli.js")}`;
    const script = commands.slice(0, -1).join("\n").replaceAll("npm run -s maskwire --", cli);
    const made = spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8" });
    /** What a tier is given, with the files of this machine. */
    const settingsFor = (name: string) => {
      const { environment, volumes: [mount = ""] = [] } = over[name] ?? {};
      const from = /^\.\/(secrets\/\w+):\/run\/access:ro$/.exec(mount)?.[1] ?? "nowhere";
      const given = Object.entries({ ...services[name]?.environment, ...environment });
      const here = given.map(([key, value]) => [key, value.replace(/^\/run\/access/, join(folder, "deploy", from))]);
      return shapeSettings(readEnv(Object.fromEntries(here)));
    };

    it("makes by its own commands what gateways let people in by, and are let in by themselves", () => {
      expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^mw_me_\S{43}\n$/) });
      expect(commands.at(-1)).toMatch(/^docker compose -f deploy\/compose.yaml -f deploy\/compose.keys.yaml /);
      expect(statSync(join(folder, "deploy", "secrets")).mode & 0o077).toBe(0);
      const { access, gateway } = settingsFor("gateway");
      expect(access.ticketKeys?.keys).toHaveLength(1);
      expect(new ApiKeys(access.keys?.keys ?? []).identify(made.stdout.trim())).toMatchObject({ tenant: "home" });
      for (const name of ["encoder", "decoder"]) {
        const peers = new ApiKeys(settingsFor(name).access.keys?.keys ?? []);
        expect(peers.identify(gateway.peerKey?.content ?? ""), name).toMatchObject({ scopes: new Set(["peer"]) });
      }
    });
  });

  it("with compose.cuda.yaml, builds the encoder with arguments that the Dockerfile has", () => {
    const { encoder } = compose("compose.cuda.yaml").services;
    const known = instructions("ARG").map((arg) => arg.getArgumentsContent()?.split("=")[0]);
    expect(Object.keys(encoder?.build?.args ?? {})).not.toEqual([]);
    for (const name of Object.keys(encoder?.build?.args ?? {})) expect(known).toContain(name);
    expect(readEnv(encoder?.environment ?? {}).MASKWIRE_ENCODER_PROVIDERS).toEqual(["cuda"]);
    // The same image as the header of the Dockerfile says.
    expect(text).toContain(`BASE_IMAGE=${encoder?.build?.args?.BASE_IMAGE}`);
  });
});
