import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections. Of those, one that is free while a program starts, or while
 * it is started again where it was, may be somebody's connection a moment later.
 */
const range = [12_000, 32_000] as const;
const mostTries = 100;

/** A port of the loopback that nobody listens on, for programs that cannot pick one themselves or come back to theirs. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(...range);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${mostTries} ports is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
