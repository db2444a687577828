import { type Ask, ask as askGateway, type Gateway } from "../sdk/http/gateway.js";

/*
 * What shows this page's gateway who is calling: a key or a token, for as long as somebody is signed in. A page has one gateway and
 * one person; its worker is told with what it is to fetch.
 */

let bearer: string | undefined;

export function setBearer(value: string | undefined): void {
  bearer = value;
}

export function currentBearer(): string | undefined {
  return bearer;
}

/** Headers of a request to the gateway. */
function authorization(): Record<string, string> {
  return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
}

/** This page's own: everything is relative to the page's address. */
export const pageGateway: Gateway = { at: (path) => path, headers: authorization };

/** Asks this page's gateway, in the name of whoever is signed in. */
export function ask(url: URL | string, init: Ask = {}): Promise<Response> {
  return askGateway(pageGateway, String(url), init);
}
