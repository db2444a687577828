/** A gateway, as one asks it over HTTP. */
export interface Gateway {
  /** The address of a path of its own, such as `v1/models`. */
  at(path: string): string;
  /** What says who asks: headers of every request. */
  headers(): Record<string, string>;
}

/** A request of `fetch` without headers that only a browser knows. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Blob;
  readonly signal?: AbortSignal;
}

/** Asks the gateway in the name of whoever has it. @throws TypeError when it cannot be reached. */
export function ask(gateway: Gateway, path: string, init: Ask = {}): Promise<Response> {
  return fetch(gateway.at(path), { ...init, headers: { ...init.headers, ...gateway.headers() } });
}

/** @throws TypeError when the gateway cannot be reached, or does not say. */
export async function askJson(gateway: Gateway, path: string, init: Ask = {}): Promise<unknown> {
  const answer = await ask(gateway, path, init);
  if (!answer.ok) throw new TypeError(`${path} was answered with ${answer.status}.`);
  return await answer.json();
}
