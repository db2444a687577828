import type { FastifyRequest } from "fastify";

/*
 * Where tools carry a key of ours, each as the header `authorization` would have it.
 */

const bearer = (key: string) => `Bearer ${key}`;

/** HTTP Basic with any name and the key as the password; a bearer too. */
export function basicOrBearer({ headers: { authorization } }: FastifyRequest): string | undefined {
  const [, encoded] = /^Basic +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return authorization;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  return bearer(pair.slice(pair.indexOf(":") + 1));
}

/** The header `Token`, which holds the key and nothing else; empty for none. */
export function tokenHeader({ headers }: FastifyRequest): string | undefined {
  const { token } = headers;
  return typeof token === "string" && token !== "" ? bearer(token) : headers.authorization;
}
