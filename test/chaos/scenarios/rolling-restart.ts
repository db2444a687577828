import { DecoderService, EncoderService, TrackService } from "../../../proto/index.js";
import { watchHealth } from "../../support/grpc-tools.js";
import type { Role } from "../cluster.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

/** The default of MASKWIRE_STOP_MS, and time for a process to end after it on a machine that has much else to do. */
const longestStopMs = 10_000 + 10_000;

/** Who balances over gateways asks for /readyz, too. */
const services: Partial<Record<Role, string>> = {
  encoder: EncoderService.typeName,
  decoder: DecoderService.typeName,
  gateway: TrackService.typeName,
};

export const rollingRestart: Scenario = {
  name: "rolling-restart",
  title: "every process in turn is stopped with SIGTERM and started anew, as a deployment does",
  async disturb(stage) {
    const { cluster } = stage;
    let longestMs = 0;
    for (const role of ["encoder", "decoder", "gateway"] as const) {
      for (const name of cluster.names(role)) longestMs = Math.max(longestMs, await restartOrderly(stage, role, name));
    }
    stage.notes.push(`longest stop ${(longestMs / 1000).toFixed(2)} s`);
  },
};

/** @returns how long the stop took, in milliseconds. */
async function restartOrderly(stage: Stage, role: Role, name: string): Promise<number> {
  const { cluster, problems } = stage;
  const service = services[role];
  const health = service === undefined ? undefined : await HealthWatch.begin(cluster.process(name).url, service);
  const index = cluster.names(role).indexOf(name);
  const theirs = role === "gateway" ? stage.people.filter((person) => person.gateway === cluster.gateways[index]) : [];
  const closesBefore = theirs.map(({ closeCodes }) => closeCodes.length);
  await stage.busy(1);
  stage.fault();
  const startedAtMs = performance.now();
  const { code, signal, stderr } = await cluster.terminate(name);
  const tookMs = performance.now() - startedAtMs;
  const statuses = await health?.ended;
  if (code !== 0) problems.push(`${name} ended with ${code ?? signal} on SIGTERM`);
  if (statuses && statuses.join() !== "SERVING,NOT_SERVING") {
    problems.push(`${name} reported ${statuses.join() || "nothing"}`);
  }
  if (tookMs > longestStopMs) problems.push(`${name} took ${Math.round(tookMs)} ms to stop: ${saidOfStop(stderr)}`);
  for (const [at, { closeCodes }] of theirs.entries()) {
    const closed = closeCodes[closesBefore[at] ?? 0];
    if (closed !== 1001) problems.push(`${name} closed a session with ${closed ?? "nothing"}`);
  }
  await cluster.restart(name);
  return tookMs;
}

/** What its log says of the stop: how long each part took, which of them reached its bound, and what was left open. */
const saidOfStop = (log: string) => log.split('"msg":"stopping"}').at(-1)?.trim();

/** What a server says of its health, from now until it is gone. */
class HealthWatch {
  private constructor(readonly ended: Promise<readonly string[]>) {}

  /** Resolves when it has said something, or is gone without. */
  static async begin(url: string, service: string): Promise<HealthWatch> {
    const statuses: string[] = [];
    let begun = () => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const ended = (async () => {
      for await (const status of watchHealth(url, service)) {
        statuses.push(status);
        begun();
      }
      begun();
      return statuses;
    })();
    await isBegun;
    return new HealthWatch(ended);
  }
}
