import { ask, askJson, type Gateway } from "./gateway.js";

/** Nobody has signed in, or the gateway does not know them any more. */
export class SignInNeeded extends Error {}

/** What the gateway says of who may come (`GET v1/auth`). */
export interface Terms {
  readonly required: boolean;
  readonly methods: readonly string[];
}

/** @throws TypeError when the gateway cannot be reached, or does not say. */
export async function termsNow(gateway: Gateway): Promise<Terms> {
  return (await askJson(gateway, "v1/auth")) as Terms;
}

/** What a session is opened with, once. @returns undefined when the gateway does not know who asks. @throws TypeError as above. */
export async function ticketFrom(gateway: Gateway): Promise<string | undefined> {
  const answer = await ask(gateway, "v1/tickets", { method: "POST" });
  if (answer.status === 401) return undefined;
  if (!answer.ok) throw new TypeError(`v1/tickets was answered with ${answer.status}.`);
  return ((await answer.json()) as { ticket: string }).ticket;
}

/** Subprotocols that a session is opened with. */
export function protocolsWith(ticket: string | undefined): string[] {
  return ["maskwire.v1", ...(ticket === undefined ? [] : [`maskwire.ticket.${ticket}`])];
}
