import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubernetesObject } from "./render.js";

/** The part of a container's manifest that meets the code. */
interface Container {
  name: string;
  image: string;
  env?: EnvVar[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources: { limits: Record<string, string>; requests: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Probe {
  httpGet?: { path: string; port: string | number };
  periodSeconds?: number;
}

interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: { name: string; key: string };
    resourceFieldRef?: { containerName: string; resource: string };
  };
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  containers: Container[];
  volumes?: { name: string; secret?: { secretName: string; items?: { key: string; path: string }[] } }[];
}

/** A Deployment's or a StatefulSet's pods. */
export interface Workload {
  name: string;
  podLabels: Record<string, string>;
  pod: PodSpec;
  replicas: number | undefined;
}

export function workloads(objects: KubernetesObject[]): Workload[] {
  return objects
    .filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet")
    .map(({ metadata, spec }) => {
      const { template, replicas } = spec as {
        replicas?: number;
        template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
      };
      return { name: metadata.name, podLabels: template.metadata.labels, pod: template.spec, replicas };
    });
}

/** The tiers of Maskwire: the workloads that are ours and not a cache. */
export function tiers(objects: KubernetesObject[]): (Workload & { container: Container })[] {
  return workloads(objects)
    .filter(({ podLabels }) => podLabels["app.kubernetes.io/name"] === "maskwire")
    .map((workload) => ({ ...workload, container: workload.pod.containers[0] as Container }));
}

/**
 * The environment that a tier's container gets. What is the path of a mounted secret there is that of a file here.
 * @param secrets values for Secrets that are not among the objects, by "name/key".
 * @throws Error when something that it refers to does not exist.
 */
export function environment(
  { container, pod }: Pick<ReturnType<typeof tiers>[number], "container" | "pod">,
  objects: KubernetesObject[],
  secrets: Record<string, string> = {},
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? []) {
    Object.assign(env, find(objects, "ConfigMap", configMapRef.name).data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (value !== undefined) env[name] = secretFile(value, container, pod, objects, secrets) ?? value;
    else if (valueFrom?.secretKeyRef) env[name] = secretValue(valueFrom.secretKeyRef, objects, secrets);
    else if (valueFrom?.resourceFieldRef) env[name] = resource(container, valueFrom.resourceFieldRef);
    else throw new Error(`${name} has no value`);
  }
  return env;
}

function secretValue(
  { name, key }: { name: string; key: string },
  objects: KubernetesObject[],
  secrets: Record<string, string>,
): string {
  const given = secrets[`${name}/${key}`];
  if (given !== undefined) return given;
  const encoded = find(objects, "Secret", name).data?.[key];
  if (encoded === undefined) throw new Error(`the Secret ${name} has no key ${key}`);
  return Buffer.from(encoded, "base64").toString("utf8");
}

let folder: string | undefined;
function secretsFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "maskwire-secrets-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/** @returns where the secret lies on this machine; undefined for what is no path of one in the container. */
function secretFile(
  path: string,
  container: Container,
  { volumes = [] }: PodSpec,
  objects: KubernetesObject[],
  secrets: Record<string, string>,
): string | undefined {
  const mount = container.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
  if (!mount || !secret) return undefined;
  // cert-manager makes it, with everything in it.
  if (objects.some(({ kind, spec }) => kind === "Certificate" && spec?.secretName === secret.secretName))
    return undefined;
  const item = secret.items?.find((one) => `${mount.mountPath}/${one.path}` === path);
  if (!item) throw new Error(`the Secret ${secret.secretName} is not mounted as ${path}`);
  const file = join(secretsFolder(), `${secret.secretName}-${item.key}`);
  writeFileSync(file, secretValue({ name: secret.secretName, key: item.key }, objects, secrets));
  return file;
}

/** Whole cores, as the kubelet rounds them: up. */
function resource(container: Container, ref: { containerName: string; resource: string }): string {
  if (ref.containerName !== container.name || ref.resource !== "limits.cpu") {
    throw new Error(`${ref.containerName} ${ref.resource} is not a limit of the cores of ${container.name}`);
  }
  const cpu = container.resources.limits.cpu;
  if (!cpu) throw new Error(`${container.name} has no limit of cores`);
  return String(Math.ceil(cpu.endsWith("m") ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu)));
}

function find(objects: KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
