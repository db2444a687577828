import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import type { EnvOf } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { signingKeyFile } from "../runtime/signing-keys.js";
import { parseKeyFile } from "./keys/key-file.js";

const keyFile = z.string().transform((path, context) => {
  try {
    return { path, keys: parseKeyFile(readFileSync(path, "utf8")).keys };
  } catch (error) {
    // Of a file that cannot be read the reason is plain from the path.
    const why = error instanceof Error && "code" in error ? "it cannot be read" : (error as Error).message;
    context.addIssue(`the path of a file of keys, as "maskwire keys create" writes it (${why})`);
    return z.NEVER;
  }
});

/** Who may use it. */
export const variables = {
  MASKWIRE_AUTH: z
    .literal("none", "none, or nothing at all")
    .describe("none says aloud that whoever reaches the port may do everything"),
  MASKWIRE_AUTH_FILE: keyFile.describe(
    "file of API keys, as maskwire keys create writes it; read again when it changes",
  ),
  MASKWIRE_TICKET_KEY_FILE: signingKeyFile.describe(
    "file of keys, ID:SECRET a line, that sign what browsers open sessions with: the same for all gateways",
  ),
} as const;

type Env = EnvOf<typeof variables>;

interface AccessContext {
  /** The address that the process listens on. */
  host: string;
  /** Whether who connects has to show a certificate that it trusts. */
  requiresCertificates: boolean;
  /** Whether tickets may come from another gateway. */
  hasOtherGateways: boolean;
}

/** @throws SettingsError when everybody on a network could do everything, and nobody has said so. */
export function shape(env: Env, { host, requiresCertificates, hasOtherGateways }: AccessContext) {
  const { MASKWIRE_AUTH: none, MASKWIRE_AUTH_FILE: keys } = env;
  if (none && keys)
    throw new SettingsError("MASKWIRE_AUTH=none and MASKWIRE_AUTH_FILE contradict each other; unset one.");
  const isPrivate = isLoopback(host);
  if (!keys && !none && !isPrivate && !requiresCertificates) {
    throw new SettingsError(
      `MASKWIRE_HOST=${host} can be reached from other machines, and nobody would be asked who they are. Make a key ` +
        '("maskwire keys create") and set MASKWIRE_AUTH_FILE, or say with MASKWIRE_AUTH=none that whoever reaches the port may do everything.',
    );
  }
  return {
    keys,
    ticketKeys: env.MASKWIRE_TICKET_KEY_FILE,
    hasOtherGateways,
    /** Anybody who reaches it on the network may do everything. */
    isOpenToNetwork: none !== undefined && !isPrivate && !requiresCertificates,
  };
}

export type AccessSettings = ReturnType<typeof shape>;

/** A name counts as what it is for: only "localhost" is this machine by its name. */
function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === "localhost";
  return ipaddr.process(host).range() === "loopback";
}
