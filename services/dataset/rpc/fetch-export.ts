import type { OnDemand } from "../on-demand.js";
import type { Parts } from "../parts.js";
import type { Handlers } from "./handlers.js";
import { sendFile } from "./send-file.js";
import { whoOf } from "./who.js";

export function fetchExport(parts: Pick<OnDemand<Parts>, "get">): Handlers["fetchExport"] {
  return async (request, send, { origin, signal }) => {
    const { jobFiles } = await parts.get();
    const { open, ...file } = await jobFiles.exported(whoOf(origin), request);
    await sendFile(file, open, request, send, signal);
  };
}
