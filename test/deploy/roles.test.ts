import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { roleOf, roles, tierNames, tiers } from "../../services/maskwire/roles.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { neededSettings } from "./needed-settings.js";

/*
 * What describes and deploys Maskwire, held against the table of roles: a tier that is new there fails here until
 * everything knows it.
 */

const read = (...path: string[]) => readFileSync(join(projectRoot, ...path), "utf8");
const kubernetes = (...path: string[]) => read("deploy", "kubernetes", ...path);

/** The Deployments that the objects of a manifest scale. */
function scaledBy(...path: string[]): string[] {
  const objects = parseAllDocuments(kubernetes(...path)).map(
    (document) => document.toJS() as { spec?: { scaleTargetRef?: { name: string } } },
  );
  return objects.flatMap(({ spec }) => spec?.scaleTargetRef?.name ?? []);
}

const MiB = 1024 * 1024;
const calls = (one: keyof typeof tiers, other: string) => other in { ...tiers[one].peers, ...tiers[one].mayCall };
const capital = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

describe.each(tierNames)("the tier %s", (name) => {
  const row = tiers[name];

  it("has a service of its own in compose.yaml, with its role", () => {
    const { services } = parse(read("deploy", "compose.yaml"), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    expect(services[name]?.environment?.MASKWIRE_ROLE).toBe(name);
  });

  it("has a manifest in the base, and both ways to scale it where that may be", () => {
    const { resources } = parse(kubernetes("base", "kustomization.yaml")) as { resources: string[] };
    expect(resources).toContain(`${name}.yaml`);
    expect(kubernetes("base", `${name}.yaml`)).toContain(`name: MASKWIRE_ROLE\n              value: ${name}\n`);
    for (const path of ["hpa/autoscalers.yaml", "keda/scaled-objects.yaml"]) {
      expect(scaledBy("components", ...path.split("/")).includes(name), path).toBe(row.container.scales);
    }
  });

  it("may be reached by those that call it, and by no other tier", () => {
    const callers = tierNames.filter((one) => calls(one, name));
    const rules = parseAllDocuments(kubernetes("base", "network-policies.yaml")).map(
      (document) => document.toJS() as { metadata: { name: string }; spec: { egress?: { to?: unknown[] }[] } },
    );
    const allowed = rules
      .filter(({ spec }) => JSON.stringify(spec.egress ?? []).includes(`"app.kubernetes.io/component":"${name}"`))
      .map(({ metadata }) => metadata.name);
    expect(allowed.sort()).toEqual(callers.sort());
  });

  it("has alerts for where it is called and none of it serves", () => {
    const isCalled = tierNames.some((one) => calls(one, name));
    const watched = read("deploy", "observability", "alerts.yaml").includes(`tier="${name}",state="serving"`);
    expect(watched).toBe(isCalled);
  });

  it("is in the guides: how it is scaled, and its folder among the others", () => {
    expect(read("deploy", "OPERATIONS.md")).toContain(`- **${capital(name)}s** `);
    const folder = ["services", ""].map((above) => join(above, name)).find((one) => existsSync(join(projectRoot, one)));
    expect(read("CONTRIBUTING.md")).toContain(`| \`${folder}/\` |`);
  });

  it("has its port in the table of settings", () => {
    const [, ports = ""] = /^\| `MASKWIRE_PORT` \|([^|]*)\|/m.exec(read("web-client", "docs", "settings.md")) ?? [];
    expect(ports).toContain(row.port === roleOf("all").port ? String(row.port) : `${name} ${row.port}`);
  });
});

describe.each(roles)("the role %s", (role) => {
  it("has a row in the table of memory, with what it takes at rest and for its heap", () => {
    const { restBytes, heapShare, tiers: own } = roleOf(role);
    const [, rest = "", heap = ""] =
      new RegExp(`^\\| \`${role}\` \\|[^|]*\\|([^|]*)\\|([^|]*)\\|`, "m").exec(
        read("web-client", "docs", "memory.md"),
      ) ?? [];
    const pictureBytes = own.includes("encoder") ? tiers.encoder.settings.memory({}).restBytes : 0;
    expect(rest).toContain(`${(restBytes + pictureBytes) / MiB} MiB`);
    expect(heap.trim()).toBe(`1/${1 / heapShare}`);
  });
});

describe("the health check", () => {
  let server: Server;
  let status = 200;
  beforeAll(async () => {
    server = createServer((request, response) => {
      response.writeHead(request.url === "/readyz" ? status : 404).end("{}");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(() => server.close());

  const exitCodeFor = async (role: (typeof roles)[number], more: Record<string, string> = {}) => {
    const port = String((server.address() as AddressInfo).port);
    const env = { ...process.env, ...neededSettings(role), MASKWIRE_PORT: "1", MASKWIRE_ADMIN_PORT: port, ...more };
    const script = join(projectRoot, "dist", "services", "maskwire", "health-check.js");
    const [code] = await once(spawn(process.execPath, [script], { env, stdio: "ignore" }), "exit");
    return code;
  };

  it.each(roles)("asks a process of the role %s whether it is ready", async (role) => {
    status = 200;
    expect(await exitCodeFor(role)).toBe(0);
  });

  it("takes no process for well that says that it is not", async () => {
    status = 503;
    expect(await exitCodeFor("all")).toBe(1);
  });

  it("takes no file that the process would not take now for a fault of the one that runs", async () => {
    status = 200;
    const gone = { MASKWIRE_AUTH_FILE: "/nowhere/keys.json", MASKWIRE_CACHE_SIGNING_KEY_FILE: "/nowhere/signing" };
    expect(await exitCodeFor("all", gone)).toBe(0);
  });

  it("asks the main port where the operator's is off, unless it is encrypted", async () => {
    status = 200;
    const files = { MASKWIRE_TLS_CERT_FILE: "tls.crt", MASKWIRE_TLS_KEY_FILE: "tls.key" };
    const main = { MASKWIRE_PORT: String((server.address() as AddressInfo).port), MASKWIRE_ADMIN_PORT: "off" };
    expect(await exitCodeFor("all", main)).toBe(0);
    expect(await exitCodeFor("all", { ...main, ...files })).toBe(1);
  });
});
