import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { patience } from "../support/start-maskwire.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the shared Maskwire is asked for; see `realMaskwire`. */
    sharedMaskwire: string;
  }
}

/**
 * A global set-up of the end-to-end suite: one Maskwire with the real model for all files that only ask it for masks. To load that model
 * takes ten seconds of a processor, so it is started when a file asks where it is.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<MaskwireProcess> | undefined;
  const server = createServer(async (_request, response) => {
    starting ??= MaskwireProcess.start({ ...patience, MASKWIRE_LOG_LEVEL: "error" });
    try {
      const { url, adminUrl } = await starting;
      response.end(JSON.stringify({ url, adminUrl }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  project.provide("sharedMaskwire", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.close();
    const [maskwire] = await Promise.allSettled([starting]);
    if (maskwire?.status === "fulfilled") await maskwire.value?.[Symbol.asyncDispose]();
  };
}
