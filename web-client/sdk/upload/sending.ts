/** A file on its way, and what is heard of it meanwhile. */
export interface Sending {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly file: Blob;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
  /** All of the answer's text so far, of an answer with 200. */
  readonly onText: (text: string) => void;
}

export interface Sent {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}
