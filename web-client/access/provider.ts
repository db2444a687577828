import * as oauth from "oauth4webapi";

/*
 * Signing in with an organisation's own provider: OpenID Connect's authorization code flow with PKCE, as a public client
 * (RFC 6749, 7636, 8252). Loaded only where somebody does.
 */

/** What the gateway says of it. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** What tokens are to be for; some providers want it named. */
  readonly audience?: string | undefined;
}

/** What came of it. */
export interface Tokens {
  readonly bearer: string;
  /** For the next bearer, where the provider gives one. */
  readonly refresh: string | undefined;
}

type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What this page must know again when the provider sends the person back. */
const storageKey = "maskwire-signing-in";

/** @param page where the provider sends the person back to. @returns where they go now. */
export async function wayToProvider(provider: Provider, page: URL, kept: Kept): Promise<URL> {
  const { server } = await known(provider);
  if (server.authorization_endpoint === undefined) throw new Error("The provider has no authorization endpoint.");
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  kept.setItem(storageKey, JSON.stringify({ verifier, state, page: page.href }));
  const way = new URL(server.authorization_endpoint);
  const asked = {
    client_id: provider.clientId,
    redirect_uri: page.href,
    response_type: "code",
    scope: provider.scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...forAudience(provider),
  };
  for (const [name, value] of Object.entries(asked)) way.searchParams.set(name, value);
  return way;
}

/** @param callback the address that the provider has sent the person back to. @throws Error when it did not sign them in. */
export async function tokensFrom(provider: Provider, callback: URL, kept: Kept): Promise<Tokens> {
  const { verifier, state, page } = JSON.parse(kept.getItem(storageKey) ?? "{}") as Record<string, string | undefined>;
  kept.removeItem(storageKey);
  if (verifier === undefined || state === undefined || page === undefined) throw new Error("Nobody has begun this.");
  const { server, client, options } = await known(provider);
  const parameters = oauth.validateAuthResponse(server, client, callback, state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, page, verifier, {
    ...options,
    additionalParameters: forAudience(provider),
  });
  return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, response));
}

/** @throws Error when the provider gives no other token for it. */
export async function renewedTokens(provider: Provider, refresh: string): Promise<Tokens> {
  const { server, client, options } = await known(provider);
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, {
    ...options,
    additionalParameters: forAudience(provider),
  });
  const { bearer, refresh: next } = tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
  return { bearer, refresh: next ?? refresh };
}

async function known({ issuer, clientId }: Provider) {
  const url = new URL(issuer);
  // A provider of a test or of one machine; the browser itself refuses to leave a secure page for one.
  const options = { [oauth.allowInsecureRequests]: url.protocol === "http:" };
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options));
  return { server, client: { client_id: clientId } satisfies oauth.Client, options };
}

/** Resource indicators (RFC 8707), and what Auth0 and its like call the same. */
function forAudience({ audience }: Provider): Record<string, string> {
  if (audience === undefined) return {};
  return URL.canParse(audience) ? { resource: audience } : { audience };
}

const tokensOf = ({ access_token, refresh_token }: oauth.TokenEndpointResponse): Tokens => ({
  bearer: access_token,
  refresh: refresh_token,
});
