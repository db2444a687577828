import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../services/runtime/project-root.js";

/*
 * `npm run pin-images`: asks the registries which images the tags of deploy/ mean now, and writes their digests beside the tags. It
 * needs a way to the registries; what is built from then on has the same images until it is run again.
 */

/** Files that name images, and where in a line. Our own are built from these, and have no digest of their own. */
export const files = [
  "docker/Dockerfile",
  "compose.yaml",
  "compose.cuda.yaml",
  "kubernetes/components/valkey/kustomization.yaml",
];
const named = /(?:\b(?:NODE|BASE)_IMAGE[=:] ?|^ +image: )((?!maskwire)[\w./-]+:[\w.-]+)(?:@(sha256:[0-9a-f]{64}))?/gm;
/** Kustomize has a line for each part. */
const kustomized = /- name: (\S+)\n( +)newTag: (\S+)(?:\n +digest: (sha256:[0-9a-f]{64}))?/g;

interface Named {
  /** `name:tag` */
  image: string;
  digest: string | undefined;
}

/** The images that a text names. */
export function imagesIn(text: string): Named[] {
  return [
    ...[...text.matchAll(named)].map(([, image, digest]) => ({ image: image as string, digest })),
    ...[...text.matchAll(kustomized)].map(([, name, , tag, digest]) => ({ image: `${name}:${tag}`, digest })),
  ];
}

/** The text with each image's digest. @param digests by `name:tag`. @throws Error for an image that has none. */
export function pin(text: string, digests: ReadonlyMap<string, string>): string {
  const digestOf = (image: string) => {
    const digest = digests.get(image);
    if (digest === undefined) throw new Error(`There is no digest of ${image}.`);
    return digest;
  };
  return text
    .replace(
      named,
      (whole, image: string, old: string | undefined) =>
        `${old === undefined ? whole : whole.slice(0, -old.length - 1)}@${digestOf(image)}`,
    )
    .replace(
      kustomized,
      (_whole, name: string, indent: string, tag: string) =>
        `- name: ${name}\n${indent}newTag: ${tag}\n${indent}digest: ${digestOf(`${name}:${tag}`)}`,
    );
}

/** Of several platforms together first: each pulls its own. */
const forms = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Asks a registry for the digest that a tag has now, by the OCI distribution specification.
 * @param image `name:tag`, of Docker Hub where the name has no host. @param hub where Docker Hub is.
 * @throws Error with the registry's answer when it does not say.
 */
export async function digestOf(image: string, hub = "https://registry-1.docker.io"): Promise<string> {
  const [name = "", tag = ""] = image.split(/:(?=[^/:]+$)/);
  const [first = "", ...rest] = name.split("/");
  const isElsewhere = rest.length > 0 && /[.:]/.test(first);
  const registry = isElsewhere ? `https://${first}` : hub;
  const repository = isElsewhere ? rest.join("/") : name.includes("/") ? name : `library/${name}`;
  const ask = (headers = {}) =>
    fetch(`${registry}/v2/${repository}/manifests/${tag}`, { method: "HEAD", headers: { accept: forms, ...headers } });
  let answer = await ask();
  if (answer.status === 401) answer = await ask({ authorization: `Bearer ${await tokenFor(answer)}` });
  const digest = answer.headers.get("docker-content-digest");
  if (!answer.ok || !/^sha256:[0-9a-f]{64}$/.test(digest ?? "")) {
    throw new Error(`${registry} does not know ${image}: HTTP ${answer.status}.`);
  }
  return digest as string;
}

/** What the registry's challenge asks for; for everybody, since the images are public. */
async function tokenFor({ headers }: Response): Promise<string> {
  const challenge = headers.get("www-authenticate") ?? "";
  const { realm, ...fields } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  if (realm === undefined) throw new Error(`The registry asks for what this does not know: ${challenge}.`);
  const { token } = (await (await fetch(`${realm}?${new URLSearchParams(fields)}`)).json()) as { token: string };
  return token;
}

async function run(): Promise<void> {
  const paths = files.map((file) => join(projectRoot, "deploy", file));
  const texts = paths.map((path) => readFileSync(path, "utf8"));
  const images = new Set(texts.flatMap(imagesIn).map(({ image }) => image));
  const digests = new Map<string, string>();
  for (const image of images) digests.set(image, await digestOf(image));
  // All or none.
  for (const [at, path] of paths.entries()) writeFileSync(path, pin(texts[at] as string, digests));
  for (const [image, digest] of digests) process.stdout.write(`${image}@${digest}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run();
