import type { Sending, Sent } from "./sending.js";

/** What is used of a browser's XMLHttpRequest. */
interface Request {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { addEventListener(type: "progress", listener: (event: { readonly loaded: number }) => void): void };
  addEventListener(type: string, listener: () => void): void;
  getResponseHeader(name: string): string | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: Blob): void;
  abort(): void;
}

/** Where there is one. `fetch` of a browser does not tell how much has been sent. */
export const xhr = (globalThis as { XMLHttpRequest?: new () => Request }).XMLHttpRequest;

/** @throws TypeError when it is interrupted. */
export function sendByXhr(
  Xhr: NonNullable<typeof xhr>,
  { url, headers, file, signal, onSent, onText }: Sending,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new Xhr();
    request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    request.addEventListener("progress", () => {
      if (request.status === 200) onText(request.responseText);
    });
    request.addEventListener("load", () => {
      const { status, responseText: text } = request;
      resolve({ status, text, retryAfter: request.getResponseHeader("retry-after") });
    });
    for (const name of ["error", "timeout", "abort"]) {
      request.addEventListener(name, () => reject(new TypeError("The upload was interrupted.")));
    }
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(file);
  });
}
