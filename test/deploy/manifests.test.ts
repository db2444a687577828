import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { PublicHosts } from "../../gateway/browsers/public-hosts.js";
import { type TierName, tierNames, tiers as tierRows } from "../../services/maskwire/roles.js";
import { readEnv, shapeSettings, unknownVariables } from "../../services/maskwire/settings.js";
import { Host } from "../../services/runtime/host.js";
import { describeMemory } from "../../services/runtime/limits/memory-plan.js";
import { createLogger } from "../../services/runtime/logger.js";
import { findKustomize } from "../support/programs.js";
import { memoryOf } from "./container-memory.js";
import { applicable, type KubernetesObject, kubernetesFolder, ofKind, render } from "./render.js";
import { schemaOf } from "./schemas.js";
import { unknownFields } from "./unknown-fields.js";
import { environment, type Probe, tiers, type Workload, workloads } from "./workloads.js";

/** In production it is the operator's. */
const secrets = {
  "maskwire-cache/url": "rediss://maskwire@cache.example.com:6380",
  "maskwire-cache/password": "of the cache\n",
  "maskwire-cache/signing-keys": `key-1:${"ab".repeat(32)}\n`,
  "maskwire-datasets/database-url": "postgres://maskwire@database.example.com:5432/maskwire",
  "maskwire-datasets/database-password": "of the database\n",
  "maskwire-datasets/object-store-url": "s3://maskwire/datasets?region=eu-central-1",
  "maskwire-datasets/credentials": "[default]\n",
  "maskwire-access/keys.json": '{"keys":[]}',
  "maskwire-access/peers.json": '{"keys":[]}',
  "maskwire-access/peer-key": "mw_gateways_secret\n",
  "maskwire-access/ticket-keys": `key-1:${"cd".repeat(32)}\n`,
};

/** The base with each component by itself: none may lean on another unsaid. */
const components = readdirSync(join(kubernetesFolder, "components"));

function renderWith(component: string): KubernetesObject[] {
  // Kustomize reads no absolute paths.
  const folder = mkdtempSync(join(kubernetesFolder, ".with-"));
  try {
    const up = relative(folder, kubernetesFolder);
    const lines = ["namespace: maskwire", `resources: ["${up}/base"]`, `components: ["${up}/components/${component}"]`];
    writeFileSync(join(folder, "kustomization.yaml"), lines.join("\n"));
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each once: that takes a while. */
const renderings = findKustomize()
  ? [
      ...["base", ...applicable].map((name) => ({ name, objects: render(join(kubernetesFolder, name)) })),
      ...components.map((name) => ({ name: `base with ${name}`, objects: renderWith(name) })),
    ]
  : [];
const renderingOf = (wanted: string) => renderings.find(({ name }) => name === wanted)?.objects ?? [];

describe.skipIf(!findKustomize()).each(renderings)("$name", ({ objects }) => {
  const ours = tiers(objects);
  const settingsOf = (tier: (typeof ours)[number]) => {
    const env = environment(tier, objects, secrets);
    return { env, settings: shapeSettings(readEnv(env)) };
  };

  it("is what the published schemas describe", () => {
    for (const object of objects) schemaOf(object).validate(object);
  });

  it("has every object once, in the namespace", () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    const elsewhere = objects.filter(({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== "maskwire");
    expect(elsewhere).toEqual([]);
  });

  it("gives each tier settings that it starts with", () => {
    expect(ours.map(({ name }) => name).sort()).toEqual([...tierNames].sort());
    for (const tier of ours) {
      const { env, settings } = settingsOf(tier);
      expect(unknownVariables(env)).toEqual([]);
      expect(settings.role).toBe(tier.name);
    }
  });

  it("opens the ports that the process listens on, and asks at the operator's, where no limit on connections turns it away", () => {
    for (const tier of ours) {
      const { container } = tier;
      const { settings } = settingsOf(tier);
      const nameOf = (port: number | undefined) => container.ports?.find((one) => one.containerPort === port)?.name;
      expect(nameOf(settings.port), tier.name).toMatch(/^(http|grpc)$/);
      expect(nameOf(settings.admin?.port), tier.name).toBe("admin");
      for (const probe of probes(container)) expect(probe.httpGet?.port, tier.name).toBe("admin");
    }
  });

  it("asks for paths that the process answers, startup and readiness for the model, liveness for nothing", async () => {
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 0, logger: createLogger("silent") });
    await host.listen();
    try {
      for (const { container } of ours) {
        for (const { httpGet } of probes(container)) {
          const { status } = await fetch(`http://127.0.0.1:${host.port}${httpGet?.path}`);
          expect(status, httpGet?.path).not.toBe(404);
        }
        const paths = [container.startupProbe, container.readinessProbe, container.livenessProbe];
        expect(paths.map((probe) => probe?.httpGet?.path)).toEqual(["/readyz", "/readyz", "/livez"]);
      }
    } finally {
      await host.stop();
    }
  });

  it("leaves each tier time to finish what is under way", () => {
    for (const tier of ours) {
      const waitMs = (tier.container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
      const { settings } = settingsOf(tier);
      expect(tier.pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(waitMs + settings.stopMs);
    }
  });

  it("starts as many workers and threads as the container has cores", () => {
    for (const tier of ours) {
      const { settings } = settingsOf(tier);
      const cores = Number(tier.container.resources.limits.cpu);
      const name = tier.name as TierName;
      const own: Record<string, unknown> = settings[name];
      for (const setting of tierRows[name].container.cores) expect(own[setting], `${name} ${setting}`).toBe(cores);
    }
  });

  it("gives each tier memory for its caches, its budgets and its heap together", () => {
    for (const tier of ours) {
      const { env } = settingsOf(tier);
      const memory = memoryOf(tier.container.resources.limits.memory as string, env);
      const settings = shapeSettings(readEnv(env), memory);
      expect(describeMemory(settings.memory), tier.name).toMatchObject({ fits: true });
      // V8 takes no more than was reckoned with.
      expect(settings.memory.parts.heap, tier.name).toBe(memory.heapLimitBytes);
    }
  });

  it("gives those that write a place for it, which is the image's, and nobody else", () => {
    for (const { name, container } of ours) {
      const places = (container.volumeMounts ?? [])
        .filter(({ readOnly }) => !readOnly)
        .map(({ mountPath }) => mountPath);
      const row: { container: { writes?: string; scales: boolean } } = tierRows[name as TierName];
      expect(places, name).toEqual(row.container.writes ? [row.container.writes] : []);
    }
  });

  it("runs nothing as root, with privileges or on a file system that can be written", () => {
    for (const { pod, name } of workloads(objects)) {
      expect(pod, name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      for (const container of pod.containers) {
        expect(container, name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          resources: { requests: { memory: container.resources.limits.memory } },
        });
      }
    }
  });

  it("lets Services, budgets and policies find their pods, and ports by name", () => {
    const pods = workloads(objects);
    for (const { kind, metadata, spec } of objects) {
      const found = pods.filter(({ podLabels }) => matches(selectorOf(kind, spec), podLabels));
      if (["Service", "PodDisruptionBudget", "NetworkPolicy"].includes(kind)) {
        expect(found.length, `${kind} ${metadata.name}`).toBeGreaterThan(0);
      }
      if (kind !== "Service") continue;
      for (const { targetPort } of (spec as { ports: { targetPort: string }[] }).ports) {
        for (const pod of found) expect(portNames(pod)).toContain(targetPort);
      }
    }
  });

  it("lets every call through that the tiers make, and no other way in", () => {
    const policies = ofKind(objects, "NetworkPolicy").map(({ spec }) => spec as unknown as Policy);
    for (const { name, podLabels } of workloads(objects)) {
      const own = policies.filter(({ podSelector }) => matches(podSelector, podLabels));
      expect(
        own.flatMap(({ policyTypes }) => policyTypes),
        name,
      ).toEqual(expect.arrayContaining(["Ingress", "Egress"]));
    }
    const gateway = settingsOf(ours.find(({ name }) => name === "gateway") as (typeof ours)[number]).settings.gateway;
    for (const address of [...gateway.encoderAddresses, ...gateway.decoderAddresses]) {
      const [, name, port] = /^dns:\/\/\/([\w-]+):(\d+)$/.exec(address) ?? [];
      const service = ofKind(objects, "Service").find(({ metadata }) => metadata.name === name);
      expect(service?.spec, address).toMatchObject({ clusterIP: "None" });
      const target = ours.find((one) => one.name === name) as Workload;
      expect(allows(policies, "gateway", target, Number(port), objects), address).toBe(true);
      expect(allows(policies, name as string, target, Number(port), objects), `${name} to ${address}`).toBe(false);
    }
  });

  it("W1: has the gateway asked by every name of its Service", () => {
    const gateway = ours.find(({ name }) => name === "gateway") as (typeof ours)[number];
    const { publicHosts, host } = settingsOf(gateway).settings.gateway.browsers;
    const names = new PublicHosts(publicHosts, host);
    for (const zone of ["", ".maskwire", ".maskwire.svc", ".maskwire.svc.cluster.local"]) {
      expect(names.has(`gateway${zone}`), zone).toBe(true);
    }
    expect(names.has("attacker.example")).toBe(false);
  });

  it("lets encoders and decoders out to the cache that is there, and no gateway", () => {
    const policies = ofKind(objects, "NetworkPolicy").filter(({ metadata }) => metadata.name === "cache");
    const cache = workloads(objects).find(({ name }) => name === "valkey");
    for (const { spec } of policies) {
      const { podSelector, egress = [] } = spec as unknown as Policy;
      const served = ours.filter(({ podLabels }) => matches(podSelector, podLabels)).map(({ name }) => name);
      expect(served.sort()).toEqual(tierNames.filter((name) => tierRows[name].hereToo !== null).sort());
      const peers = egress.flatMap(({ to = [] }) => to);
      if (cache) expect(peers.some((peer) => matches(peer.podSelector ?? {}, cache.podLabels))).toBe(true);
    }
    if (cache) expect(policies.length).toBe(1);
  });

  it("names whom each way out leads to, lets nothing else out, and has no pod without a policy", () => {
    const policies = ofKind(objects, "NetworkPolicy").map(({ spec }) => spec as unknown as Policy);
    const nothing = policies.find(({ podSelector }) => Object.keys(podSelector).length === 0);
    expect(nothing).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    for (const rule of policies.flatMap(({ egress = [] }) => egress)) {
      expect(rule.to?.length, JSON.stringify(rule)).toBeGreaterThan(0);
      expect(rule.ports?.length, JSON.stringify(rule)).toBeGreaterThan(0);
      for (const { podSelector, ipBlock } of rule.to ?? []) {
        expect(podSelector ?? ipBlock, JSON.stringify(rule)).toBeDefined();
        // An address block of everybody's names nobody.
        expect(Number(ipBlock?.cidr.split("/")[1] ?? 32)).toBeGreaterThanOrEqual(16);
      }
    }
    for (const rule of policies.flatMap(({ ingress = [] }) => ingress)) {
      expect(rule.from?.length, JSON.stringify(rule)).toBeGreaterThan(0);
    }
  });

  it("puts no password into an environment", () => {
    for (const tier of ours) {
      for (const [name, value] of Object.entries(environment(tier, objects, secrets))) {
        expect(value, `${tier.name} ${name}`).not.toMatch(/:\/\/[^/@]*:[^/@]+@|of the (cache|database)/);
      }
    }
  });

  it("T6: mounts for each tier the certificate that its settings name, of its own role", () => {
    for (const tier of ours) {
      const { settings } = settingsOf(tier);
      const files = [settings.tls.server, settings.tls.peers].flatMap((one) => (one ? Object.values(one.files) : []));
      const folders = new Set(files.map((file) => dirname(file?.path ?? "")));
      // As cert-manager names them.
      for (const file of files) expect(["ca.crt", "tls.crt", "tls.key"]).toContain(basename(file?.path ?? ""));
      const mounts = tier.container.volumeMounts?.filter(({ mountPath }) => folders.has(mountPath)) ?? [];
      expect(mounts.length, tier.name).toBe(folders.size);
      for (const { name, readOnly } of mounts) {
        expect(readOnly, tier.name).toBe(true);
        const secret = tier.pod.volumes?.find((volume) => volume.name === name)?.secret?.secretName;
        const certificates = ofKind(objects, "Certificate").filter(({ spec }) => spec?.secretName === secret);
        const names = certificates.map(({ spec }) => spec as { uris: string[]; dnsNames?: string[]; usages: string[] });
        expect(names.map(({ uris }) => uris)).toEqual([[`spiffe://maskwire.internal/maskwire/${tier.name}`]]);
        // By the name that the gateways look up.
        if (settings.tls.server) expect(names).toEqual([expect.objectContaining({ dnsNames: [tier.name] })]);
      }
    }
    for (const { spec, metadata } of ofKind(objects, "Certificate")) {
      const { issuerRef } = spec as { issuerRef: { name: string } };
      expect(
        ofKind(objects, "Issuer").map((issuer) => issuer.metadata.name),
        metadata.name,
      ).toContain(issuerRef.name);
    }
  });

  it("scales Deployments that exist, and leaves the count of pods to one autoscaler", () => {
    const autoscalers = objects.filter(({ kind }) => kind === "HorizontalPodAutoscaler" || kind === "ScaledObject");
    const scaled = autoscalers.map(({ spec }) => (spec as { scaleTargetRef: { name: string } }).scaleTargetRef.name);
    expect(new Set(scaled).size).toBe(scaled.length);
    for (const { name, replicas } of ours) expect(replicas === undefined, name).toBe(scaled.includes(name));
  });

  it("reads metrics on each pod's port for the operator, which no Service has and nobody but Prometheus reaches", () => {
    for (const tier of ours) {
      const { settings } = settingsOf(tier);
      const port = tier.container.ports?.find(({ name }) => name === "admin");
      expect(port?.containerPort, tier.name).toBe(settings.admin?.port);
    }
    for (const { spec, metadata } of ofKind(objects, "Service")) {
      const targets = (spec as { ports: { targetPort?: string | number }[] }).ports.map((one) => one.targetPort);
      expect(targets, metadata.name).not.toContain("admin");
    }
    for (const { spec } of ofKind(objects, "PodMonitor")) {
      const { selector, podMetricsEndpoints } = spec as { selector: Selector; podMetricsEndpoints: object[] };
      expect(ours.filter(({ podLabels }) => !matches(selector, podLabels))).toEqual([]);
      expect(podMetricsEndpoints).toEqual([expect.objectContaining({ port: "admin", path: "/metrics" })]);
    }
    const policies = ofKind(objects, "NetworkPolicy").map(({ spec }) => spec as unknown as Policy);
    const ways = policies.flatMap(({ ingress = [] }) => ingress.filter((rule) => opensAdmin(rule, ours)));
    const prometheus = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } };
    expect(ways.map(({ from }) => from)).toEqual(ways.map(() => [prometheus]));
    expect(ways.length).toBe(ofKind(objects, "PodMonitor").length);
  });
});

describe.skipIf(!findKustomize())("fields", () => {
  const deployment = () =>
    structuredClone(ofKind(renderingOf("base"), "Deployment")[0]) as KubernetesObject & {
      spec: { template: { spec: { containers: Record<string, unknown>[] } } };
    };

  it("that the schemas do not know are in none of them; a misspelt one is seen", () => {
    const wrong = deployment();
    Object.assign(wrong.spec.template.spec.containers[0] as object, { livenesProbe: {} });
    const told = unknownFields([[wrong], ...renderings.map(({ objects }) => objects)]);
    // What goes on with an explanation is indented.
    expect(told.filter((line) => !/^(0\.ts|\s)/.test(line))).toEqual([]);
    expect(told.join()).toMatch(/livenesProbe/);
  });

  it("of the wrong type are seen", () => {
    const wrong = { ...deployment(), spec: { ...deployment().spec, minReadySeconds: "ten" } };
    expect(() => schemaOf(wrong).validate(wrong)).toThrow(/minReadySeconds/);
  });
});

const probes = (container: Workload["pod"]["containers"][number]): Probe[] =>
  [container.startupProbe, container.livenessProbe, container.readinessProbe].filter((one) => one !== undefined);

const portNames = ({ pod }: Workload) => pod.containers.flatMap(({ ports }) => ports?.map(({ name }) => name) ?? []);

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values: string[] }[];
}

interface Rule {
  ports?: { port: string | number }[];
  from?: { podSelector?: Selector; namespaceSelector?: Selector }[];
  to?: { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: { cidr: string } }[];
}

interface Policy {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/** A Service's selector is labels alone. */
function selectorOf(kind: string, spec: Record<string, unknown> | undefined): Selector {
  if (kind === "Service") return { matchLabels: spec?.selector as Record<string, string> };
  return ((kind === "NetworkPolicy" ? spec?.podSelector : spec?.selector) ?? {}) as Selector;
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => operator === "In" && values.includes(labels[key] ?? ""))
  );
}

/** Also a rule without ports opens it. */
const opensAdmin = ({ ports }: Rule, ours: Workload[]) =>
  !ports ||
  ports.some(
    ({ port }) =>
      port === "admin" ||
      ours.some(({ pod }) =>
        pod.containers.some((one) => one.ports?.some((p) => p.name === "admin" && p.containerPort === port)),
      ),
  );

/** Whether one tier's pods may open a connection to another's: out of the one and into the other. */
function allows(
  policies: Policy[],
  from: string,
  target: Workload,
  port: number,
  objects: KubernetesObject[],
): boolean {
  const source = tiers(objects).find(({ name }) => name === from) as Workload;
  const ports = target.pod.containers.flatMap(({ ports: all }) => all ?? []);
  const opens = (rule: Rule, peers: Rule["to"], peerLabels: Record<string, string>) =>
    (!rule.ports ||
      rule.ports.some(
        (one) => one.port === port || ports.some((p) => p.containerPort === port && p.name === one.port),
      )) &&
    (!peers ||
      peers.some((peer) => !peer.namespaceSelector && peer.podSelector && matches(peer.podSelector, peerLabels)));
  const out = policies
    .filter(({ podSelector }) => matches(podSelector, source.podLabels))
    .some(({ egress }) => egress?.some((rule) => opens(rule, rule.to, target.podLabels)));
  const into = policies
    .filter(({ podSelector }) => matches(podSelector, target.podLabels))
    .some(({ ingress }) => ingress?.some((rule) => opens(rule, rule.from, source.podLabels)));
  return out && into;
}

describe.skipIf(!findKustomize())("in production", () => {
  it("L10: every tier asks who is calling, and gateways have a key of their own for the others", () => {
    const objects = renderingOf("overlays/production");
    const all = Object.fromEntries(
      tiers(objects).map((tier) => [tier.name, shapeSettings(readEnv(environment(tier, objects, secrets)))]),
    );
    for (const name of tierNames) expect(all[name]?.access.keys, name).toBeDefined();
    expect(all.gateway?.gateway.peerKey?.content).toBe("mw_gateways_secret");
    expect(all.gateway?.access.ticketKeys?.keys).toHaveLength(1);
    // Who may use a gateway is nothing that the others need to know.
    const files = ["encoder", "decoder"].map((name) => all[name]?.access.keys?.path);
    for (const file of files) expect(file).toMatch(/maskwire-access-peers\.json$/);
  });
});
