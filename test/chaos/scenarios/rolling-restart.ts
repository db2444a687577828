import { DecoderService, EncoderService } from "../../../proto/index.js";
import { watchHealth } from "../../support/grpc-tools.js";
import type { Role } from "../cluster.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

/** The default of MASKWIRE_STOP_MS, and time for a process to end after it on a machine that has much else to do. */
const longestStopMs = 10_000 + 10_000;

const services: Record<Role, string> = {
  encoder: EncoderService.typeName,
  decoder: DecoderService.typeName,
  // It offers no service of its own: the process's health.
  gateway: "",
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
  const statuses: string[] = [];
  let isServing = () => {};
  const serving = new Promise<void>((resolve) => {
    isServing = resolve;
  });
  const watched = (async () => {
    for await (const status of watchHealth(cluster.process(name).url, services[role])) {
      statuses.push(status);
      isServing();
    }
    isServing();
  })();
  await serving;
  const index = cluster.names(role).indexOf(name);
  const theirs = role === "gateway" ? stage.people.filter((person) => person.gateway === cluster.gateways[index]) : [];
  const closesBefore = theirs.map(({ closeCodes }) => closeCodes.length);
  await stage.busy(1);
  stage.fault();
  const startedAtMs = performance.now();
  const { code, signal } = await cluster.terminate(name);
  const tookMs = performance.now() - startedAtMs;
  await watched;
  if (code !== 0) problems.push(`${name} ended with ${code ?? signal} on SIGTERM`);
  if (statuses.join() !== "SERVING,NOT_SERVING") problems.push(`${name} reported ${statuses.join() || "nothing"}`);
  if (tookMs > longestStopMs) problems.push(`${name} took ${Math.round(tookMs)} ms to stop`);
  for (const [at, { closeCodes }] of theirs.entries()) {
    const closed = closeCodes[closesBefore[at] ?? 0];
    if (closed !== 1001) problems.push(`${name} closed a session with ${closed ?? "nothing"}`);
  }
  await cluster.restart(name);
  return tookMs;
}
