import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import type { Handlers } from "./handlers.js";
import { whoOf } from "./who.js";

export function watchJob(parts: Pick<OnDemand<Parts>, "get">): Handlers["watchJob"] {
  return async (request, send, { origin, signal }) => {
    const { jobs } = await parts.get();
    for await (const job of jobs.watch(whoOf(origin), request, signal)) await send(job);
  };
}
