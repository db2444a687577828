import type { Sending, Sent } from "./sending.js";

/** By a `fetch` that takes a body as it is read, which is Node's: what has been read is as good as sent. @throws Error when it is interrupted. */
export async function sendByFetch({ url, headers, file, signal, onSent, onText }: Sending): Promise<Sent> {
  let sent = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      sent += piece.byteLength;
      controller.enqueue(piece);
      onSent(sent);
    },
  });
  const body = (file.stream() as ReadableStream<Uint8Array>).pipeThrough(counting);
  const answer = await fetch(url, { method: "POST", headers, body, duplex: "half", signal });
  const { status } = answer;
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (status === 200) onText(text);
  }
  return { status, text, retryAfter: answer.headers.get("retry-after") };
}
