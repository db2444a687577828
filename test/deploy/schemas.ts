import { Certificate } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate";
import { Issuer } from "@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import type { KubernetesObject } from "./render.js";

/** A kind of object: its published schema as a validator, and the module of its TypeScript interface. */
interface Schema {
  /** @throws Error that says which field is wrong. */
  validate(object: KubernetesObject): void;
  module: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each class takes its own kind; what is given is to be found out.
type Model = new (object: any) => { validate(): void };

const schema = (Kind: Model, module: string): Schema => ({ validate: (object) => new Kind(object).validate(), module });

/** By "apiVersion kind". */
const schemas: Record<string, Schema> = {
  "v1 Namespace": schema(Namespace, "kubernetes-models/v1/Namespace"),
  "v1 ConfigMap": schema(ConfigMap, "kubernetes-models/v1/ConfigMap"),
  "v1 PersistentVolumeClaim": schema(PersistentVolumeClaim, "kubernetes-models/v1/PersistentVolumeClaim"),
  "v1 Secret": schema(Secret, "kubernetes-models/v1/Secret"),
  "v1 Service": schema(Service, "kubernetes-models/v1/Service"),
  "apps/v1 Deployment": schema(Deployment, "kubernetes-models/apps/v1/Deployment"),
  "apps/v1 StatefulSet": schema(StatefulSet, "kubernetes-models/apps/v1/StatefulSet"),
  "policy/v1 PodDisruptionBudget": schema(PodDisruptionBudget, "kubernetes-models/policy/v1/PodDisruptionBudget"),
  "networking.k8s.io/v1 NetworkPolicy": schema(NetworkPolicy, "kubernetes-models/networking.k8s.io/v1/NetworkPolicy"),
  "autoscaling/v2 HorizontalPodAutoscaler": schema(
    HorizontalPodAutoscaler,
    "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler",
  ),
  "cert-manager.io/v1 Certificate": schema(
    Certificate,
    "@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate",
  ),
  "cert-manager.io/v1 Issuer": schema(Issuer, "@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer"),
  "keda.sh/v1alpha1 ScaledObject": schema(ScaledObject, "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject"),
  "monitoring.coreos.com/v1 PodMonitor": schema(
    PodMonitor,
    "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor",
  ),
};

/** @throws Error for a kind of which we have no schema. */
export function schemaOf({ apiVersion, kind }: KubernetesObject): Schema {
  const found = schemas[`${apiVersion} ${kind}`];
  if (!found) throw new Error(`no schema of ${apiVersion} ${kind}`);
  return found;
}
