import { UsageError } from "./options.js";
import { asJson, asText, type Suite } from "./report.js";

/*
 * `npm run -s bench -- SUITE [--json] [OPTION...]`: figures beside their targets, each with a baseline from the same run. The exit
 * status is 0 whatever they are: timings of a busy machine are for reading, not for failing.
 */

const suites: Record<string, () => Promise<{ suite: Suite }>> = {
  adapters: () => import("./adapters.js"),
  clicks: () => import("./clicks.js"),
  words: () => import("./words.js"),
  lift: () => import("./lift.js"),
  track: () => import("./track.js"),
  detail: () => import("./detail.js"),
  painting: () => import("./painting.js"),
  latency: () => import("./latency.js"),
  encode: () => import("./encode.js"),
  gpu: () => import("./gpu.js"),
  preprocess: () => import("./preprocess.js"),
  decoder: () => import("./decoder.js"),
  pool: () => import("./pool.js"),
  everything: () => import("./everything.js"),
  precision: () => import("./precision.js"),
  formats: () => import("./formats.js"),
  footprint: () => import("./footprint.js"),
  cache: () => import("./cache.js"),
  "cache-down": () => import("./cache-down.js"),
  affinity: () => import("./affinity.js"),
  tracing: () => import("./tracing.js"),
  access: () => import("./access.js"),
  load: () => import("./load.js"),
  simulate: () => import("./simulate.js"),
  dataset: () => import("./dataset.js"),
  web: () => import("./web.js"),
};

const args = process.argv.slice(2);
const json = args.includes("--json");
const [name = "", ...others] = args.filter((arg) => arg !== "--json");
const load = Object.hasOwn(suites, name) ? suites[name] : undefined;
const refuse = (what: string) => {
  process.stderr.write(`${what}\n`);
  process.exitCode = 2;
};
if (!load) {
  const what = name === "" ? "Name a suite" : `There is no suite "${name}"`;
  refuse(`${what}: npm run -s bench -- ${Object.keys(suites).join(" | ")} [--json]`);
} else {
  const { suite } = await load();
  try {
    if (others.length > 0 && suite.options === undefined)
      throw new UsageError(`"${name}" takes no ${others.join(" ")}`);
    process.stderr.write(`${suite.title}\n`);
    const outcome = await suite.run((line) => void process.stderr.write(`${line}\n`), others);
    process.stdout.write(`${json || suite.speaksJson ? asJson(name, outcome) : asText(name, outcome)}\n`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(`${error.message}\n${suite.options ?? ""}`.trim());
  }
}
