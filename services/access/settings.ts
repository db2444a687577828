import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SignIn } from "../runtime/callers/access.js";
import { type Scope, scopes } from "../runtime/callers/principal.js";
import { list, text } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { signingKeyFile } from "../runtime/signing-keys.js";
import { parseKeyFile } from "./keys/key-file.js";
import { isLoopback, isSafeFromOthers } from "./tokens/safe-from-others.js";
import type { TokenSettings } from "./tokens/tokens.js";

const keyFile = z.string().transform((path, context) => {
  try {
    const text = readFileSync(path, "utf8");
    return { path, text, ...parseKeyFile(text) };
  } catch (error) {
    // Of a file that cannot be read the reason is plain from the path.
    const why = error instanceof Error && "code" in error ? "it cannot be read" : (error as Error).message;
    context.addIssue(`the path of a file of keys, as "maskwire keys create" writes it (${why})`);
    return z.NEVER;
  }
});

const providerUrl = z
  .string()
  .refine(
    (text) => isProviderUrl(text),
    "an address by https, or by http on this machine, such as https://login.example.org/realms/us, without ? and #",
  );

function isProviderUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "" && isSafeFromOthers(text);
}

/** Gateways are known by keys and certificates. */
const tokenScopes = scopes.filter((scope) => scope !== "peer");
const scopeWords = `some of ${tokenScopes.join(", ")}, separated by commas`;

/** Who may use it. */
export const variables = {
  MASKWIRE_AUTH: z
    .literal("none", "none, or nothing at all")
    .describe("none says aloud that whoever reaches the port may do everything"),
  MASKWIRE_AUTH_FILE: keyFile.describe(
    "file of API keys, as maskwire keys create writes it; read again when it changes",
  ),
  MASKWIRE_OIDC_ISSUER: providerUrl.describe(
    "OpenID Connect: the provider whose tokens are believed, as it calls itself",
  ),
  MASKWIRE_OIDC_AUDIENCE: text("a name or an address").describe(
    "OpenID Connect: whom tokens must be for, which is this service",
  ),
  MASKWIRE_OIDC_JWKS_URL: providerUrl.describe("OpenID Connect: where the provider's keys are"),
  MASKWIRE_OIDC_TENANT_CLAIM: text("a claim").describe(
    "OpenID Connect: the claim that names the tenant; with dots for one inside another",
  ),
  MASKWIRE_OIDC_SCOPE_CLAIM: text("a claim").describe(
    "OpenID Connect: the claim with scopes, as maskwire:segment or segment; admin with maskwire: only",
  ),
  MASKWIRE_OIDC_DEFAULT_SCOPES: list
    .refine((all) => all.length > 0 && all.every((one) => (tokenScopes as string[]).includes(one)), scopeWords)
    .transform((all) => all as Scope[])
    .describe("OpenID Connect: scopes of a token that has none of these"),
  MASKWIRE_OIDC_CLIENT_ID: text("a client id").describe(
    "OpenID Connect: what the page is called at the provider, as a public client, to send people there",
  ),
  MASKWIRE_OIDC_CLIENT_SCOPE: text("scopes").describe("OpenID Connect: what the page asks the provider for"),
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
  const { tokens, oidc } = shapeTokens(env);
  if (none && (keys || tokens)) {
    const asks = keys ? "MASKWIRE_AUTH_FILE" : "MASKWIRE_OIDC_ISSUER";
    throw new SettingsError(`MASKWIRE_AUTH=none and ${asks} contradict each other; unset one.`);
  }
  const isPrivate = isLoopback(host);
  if (!keys && !tokens && !none && !isPrivate && !requiresCertificates) {
    throw new SettingsError(
      `MASKWIRE_HOST=${host} can be reached from other machines, and nobody would be asked who they are. Make a key ` +
        '("maskwire keys create") and set MASKWIRE_AUTH_FILE, or MASKWIRE_OIDC_ISSUER, or say with MASKWIRE_AUTH=none that whoever reaches the port may do everything.',
    );
  }
  return {
    keys,
    tokens,
    oidc,
    ticketKeys: env.MASKWIRE_TICKET_KEY_FILE,
    hasOtherGateways,
    /** Anybody who reaches it on the network may do everything. */
    isOpenToNetwork: none !== undefined && !isPrivate && !requiresCertificates,
  };
}

export type AccessSettings = ReturnType<typeof shape>;

/** @throws SettingsError for a provider of which something is missing. */
function shapeTokens(env: Env): { tokens?: TokenSettings; oidc?: SignIn["oidc"] } {
  const { MASKWIRE_OIDC_ISSUER: issuer, MASKWIRE_OIDC_AUDIENCE: audience, MASKWIRE_OIDC_CLIENT_ID: clientId } = env;
  if (!issuer) {
    const other = Object.keys(env).find((name) => name.startsWith("MASKWIRE_OIDC_"));
    if (other) throw new SettingsError(`${other} needs MASKWIRE_OIDC_ISSUER.`);
    return {};
  }
  if (!audience) {
    throw new SettingsError(
      "MASKWIRE_OIDC_ISSUER needs MASKWIRE_OIDC_AUDIENCE: the provider's tokens for others must not pass here.",
    );
  }
  const tokens = {
    issuer,
    audience,
    keysUrl: env.MASKWIRE_OIDC_JWKS_URL,
    tenantClaim: env.MASKWIRE_OIDC_TENANT_CLAIM ?? "tenant",
    scopeClaim: env.MASKWIRE_OIDC_SCOPE_CLAIM ?? "scope",
    defaultScopes: env.MASKWIRE_OIDC_DEFAULT_SCOPES ?? [],
  };
  if (!clientId) return { tokens };
  return { tokens, oidc: { issuer, clientId, scope: env.MASKWIRE_OIDC_CLIENT_SCOPE ?? "openid", audience } };
}
