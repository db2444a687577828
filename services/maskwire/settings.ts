import { z } from "zod";
import * as access from "../access/settings.js";
import * as files from "../dataset/files/settings.js";
import * as models from "../inference/settings.js";
import { fixed, type MemoryPart, planMemory } from "../runtime/limits/memory-plan.js";
import { type ProcessMemory, processMemory } from "../runtime/limits/process-memory.js";
import { type EnvOf, readEnv as readVariables, type Source, type Variables } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import * as host from "../runtime/settings.js";
import * as tls from "../runtime/tls/settings.js";
import * as cache from "../stores/settings.js";
import { peerVariables, type Role, roleOf, roles, type TierName, tierNames, tiers } from "./roles.js";

/** The process's own. */
export const own = {
  MASKWIRE_ROLE: z.enum(roles, `one of ${roles.join(", ")}`).describe("which tiers this process runs"),
} as const;

type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type TierVariables = Intersection<(typeof tiers)[TierName]["settings"]["variables"]>;
type AllVariables = typeof own &
  typeof host.variables &
  typeof access.variables &
  typeof tls.variables &
  typeof models.variables &
  typeof cache.variables &
  typeof files.variables &
  TierVariables;

/** The variables by the part that they belong to. The tables of web-client/docs/settings.md are checked against this. */
export const parts: readonly { title: string; variables: Variables }[] = [
  { title: "Every process", variables: { ...own, ...host.variables } },
  { title: "Who may use it", variables: access.variables },
  { title: "Encryption", variables: tls.variables },
  { title: "Models and their workers", variables: models.variables },
  { title: "Cache", variables: cache.variables },
  { title: "Files of data sets", variables: files.variables },
  ...tierNames.map((name) => ({
    title: `${name[0]?.toUpperCase()}${name.slice(1)}`,
    variables: tiers[name].settings.variables,
  })),
];

/** Every setting: its variable, its form and what it is for. */
export const variables = Object.assign({}, ...parts.map((part) => part.variables)) as AllVariables;

export type Env = EnvOf<AllVariables>;

/**
 * Reads and validates the `MASKWIRE_*` variables; an empty value counts as not set.
 * @throws SettingsError naming each malformed variable.
 */
export const readEnv = (source: Source): Env => readVariables(variables, source);

/** The command line's gateway, key and ffmpeg, and the tests' photographs and videos: not settings of a server, and no mistake either. */
export const otherVariables = [
  "MASKWIRE_URL",
  "MASKWIRE_KEY",
  "MASKWIRE_KEY_FILE",
  "MASKWIRE_FFMPEG",
  "MASKWIRE_TEST_PHOTOS",
  "MASKWIRE_TEST_VIDEOS",
];

/** `MASKWIRE_*` variables that mean nothing to us: most often a misspelling. */
export function unknownVariables(source: Source): string[] {
  const known = [...Object.keys(variables), ...otherVariables];
  return Object.keys(source).filter((name) => name.startsWith("MASKWIRE_") && !known.includes(name));
}

/**
 * The settings in the shape that the code uses, defaults filled in.
 * @throws SettingsError when settings contradict each other or one that the role needs is missing.
 */
export function shapeSettings(env: Env, memory: ProcessMemory = processMemory()) {
  const role = env.MASKWIRE_ROLE ?? "all";
  checkNeeds(role, env);
  const { port, hereToo } = roleOf(role);
  const { sizes, planned } = plan(role, env, memory);
  const process = host.shape(env, port, sizes);
  const encryption = tls.shape(env);
  const chosen = models.shape(env, memory.limitBytes);
  // A process of one tier alone is behind the gateways; one with everything in it takes calls from anybody.
  const context = { ...process, models: chosen, trustsPeers: role !== "all", hasDecoder: role === "all", sizes };
  return {
    role,
    ...process,
    tls: encryption,
    access: access.shape(env, {
      host: process.host,
      // Where the port asks for certificates, who has none of ours gets no further.
      requiresCertificates: encryption.server?.clients === "required",
      hasOtherGateways: role === "gateway",
    }),
    models: chosen,
    files: files.shape(env),
    cache: cache.shape(env, { hereToo: hereToo ?? "nothing", limits: process.limits, sizes }),
    ...(Object.fromEntries(tierNames.map((name) => [name, tiers[name].settings.shape(env, context)])) as TierSettings),
    memory: planned,
  };
}

export type Settings = ReturnType<typeof shapeSettings>;

/** Each tier's own, also of those that the role does not run. */
type TierSettings = { [Name in TierName]: ReturnType<(typeof tiers)[Name]["settings"]["shape"]> };

function checkNeeds(role: Role, env: Env): void {
  const { hereToo } = roleOf(role);
  if (role !== "all" && hereToo && !env.MASKWIRE_CACHE_URL) {
    throw new SettingsError(
      `MASKWIRE_ROLE=${role} needs a cache that the other processes share: set MASKWIRE_CACHE_URL to a Redis or Valkey URL, ` +
        "or leave MASKWIRE_ROLE unset to run everything in one process.",
    );
  }
  const needed = peerVariables(role);
  if (needed.some((name) => env[name as keyof Env] === undefined)) {
    throw new SettingsError(
      `MASKWIRE_ROLE=${role} needs ${needed.join(" and ")} (host:port or dns:///name:port) of the other tiers.`,
    );
  }
}

type NamesOf<Parts> = Parts extends unknown ? keyof Parts : never;
type TierParts = ReturnType<(typeof tiers)[TierName]["settings"]["memory"]>["parts"];
/** Bytes of every part of every tier. */
type Sizes = Record<NamesOf<TierParts | ReturnType<typeof host.memory> | ReturnType<typeof cache.memory>>, number>;

/** What becomes of the process's memory: sizes of all parts, and those that a process of that role has. */
function plan(role: Role, env: Env, memory: ProcessMemory) {
  const row = roleOf(role);
  const ofProcess = host.memory(env, memory, row.heapShare);
  const ofCache = cache.memory(env);
  const ofTiers = tierNames.map((name) => ({ name, ...tiers[name].settings.memory(env, memory) }));
  const running = ofTiers.filter(({ name }) => row.tiers.includes(name));
  const has: Record<string, MemoryPart> = {
    rest: fixed(running.reduce((sum, { restBytes }) => sum + restBytes, row.restBytes)),
    ...ofProcess,
    ...(row.hereToo === "all" || row.hereToo === "own" ? ofCache : {}),
    ...Object.assign({}, ...running.map((tier) => tier.parts)),
  };
  const sizeOf = planMemory(memory.limitBytes, has);
  const sizesOf = (all: Record<string, MemoryPart>) =>
    Object.fromEntries(Object.entries(all).map(([name, part]) => [name, sizeOf(part)]));
  const all = Object.assign({ ...ofProcess, ...ofCache }, ...ofTiers.map((tier) => tier.parts));
  return { sizes: sizesOf(all) as Sizes, planned: { limitBytes: memory.limitBytes, parts: sizesOf(has) } };
}
