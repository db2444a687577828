import { readEnv } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import * as runtime from "../runtime/settings.js";
import * as tls from "../runtime/tls/settings.js";
import { loopbackOf } from "./loopback.js";
import { refuse } from "./refuse.js";
import { roleOf } from "./roles.js";
import { own } from "./settings.js";

/*
 * For a container's HEALTHCHECK: asks the Maskwire of the same settings on this machine whether it is ready. Exit code 0
 * when it is, 1 when not.
 */

/** Container engines give a check a few seconds; a process that needs longer for this is not well. */
const answerMs = 2000;

try {
  // Of the settings only where it listens: a file that has become unreadable since is no fault of the process that goes on.
  const env = readEnv(
    { ...own, ...runtime.variables, MASKWIRE_TLS_CERT_FILE: tls.variables.MASKWIRE_TLS_CERT_FILE },
    process.env,
  );
  const { host, port, admin } = runtime.shape(env, roleOf(env.MASKWIRE_ROLE ?? "all").port, { heap: 0, uploads: 0 });
  // The operator's port is never encrypted, and no crowd at the main one takes a place there. The main one may ask for certificates.
  const asked = admin ?? (env.MASKWIRE_TLS_CERT_FILE === undefined ? { host, port } : undefined);
  if (!asked)
    throw new SettingsError("Where the port is encrypted the health is asked of MASKWIRE_ADMIN_PORT, which is off.");
  const url = `http://${loopbackOf(asked.host)}:${asked.port}/readyz`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  process.stdout.write(`${await answer.text()}\n`);
  if (!answer.ok) process.exitCode = 1;
} catch (error) {
  if (error instanceof SettingsError) refuse(error);
  else process.stderr.write(`maskwire: no answer from /readyz: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
