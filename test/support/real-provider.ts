import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import { freePort } from "../../services/runtime/testing/free-port.js";

/** Whom the tokens of a client are to be for. */
export const audience = "https://maskwire.test";

/**
 * A certified OpenID Connect provider, the real one of npm: with a confidential client that gets tokens for itself, and a public one for a
 * page, whose people are let in as `person` without a question.
 */
export class RealProvider implements AsyncDisposable {
  readonly issuer: string;
  readonly #server: Server;

  private constructor(issuer: string, server: Server) {
    this.issuer = issuer;
    this.#server = server;
  }

  /**
   * @param port of one that was stopped. @param page of the public client, and for how many seconds its tokens are good.
   */
  static async start(port?: number, page?: { url: string; tokenSeconds: number }): Promise<RealProvider> {
    const on = port ?? (await freePort());
    const issuer = `http://localhost:${on}`;
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "robot",
          client_secret: "secret",
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: "ES256",
        },
        ...(page ? [pageClient(page.url)] : []),
      ],
      clientBasedCORS: () => true,
      issueRefreshToken: async () => true,
      findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: async () => ({ sub: accountId }) }),
      scopes: ["openid", "maskwire:segment", "maskwire:upload"],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: `key-${on}-${Date.now()}`, alg: "ES256", use: "sig" }] },
      cookies: { keys: ["of tests"] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        // Without it access tokens are no JWTs.
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            audience,
            scope: "maskwire:segment maskwire:upload",
            accessTokenFormat: "jwt",
            ...(page ? { accessTokenTTL: page.tokenSeconds } : {}),
            jwt: { sign: { alg: "ES256" } },
          }),
        },
      },
      extraTokenClaims: () => ({ org: { tenant: "acme" } }),
    });
    const answer = provider.callback();
    const server = createServer((request, response) => {
      if (request.url?.startsWith("/interaction/")) void letIn(provider, request, response);
      else void answer(request, response);
    });
    await once(server.listen(on, "localhost"), "listening");
    return new RealProvider(issuer, server);
  }

  /** @throws Error with the provider's own words. */
  async token(scope: string): Promise<string> {
    const answer = await fetch(`${this.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("robot:secret")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope, resource: audience }),
    });
    const { access_token: token, ...rest } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(JSON.stringify(rest));
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await once(this.#server.close(), "close");
  }
}

const pageClient = (url: string) => ({
  client_id: "page",
  token_endpoint_auth_method: "none" as const,
  grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: [url],
  response_types: ["code" as const],
  application_type: "native" as const,
  id_token_signed_response_alg: "ES256" as const,
});

/** Where a provider would ask for a password, and whether the person agrees. */
async function letIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "person", clientId: String(params["client_id"]) });
  grant.addOIDCScope(String(params["scope"]));
  grant.addResourceScope(audience, "maskwire:segment maskwire:upload");
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId: "person" }, consent: { grantId } });
}
