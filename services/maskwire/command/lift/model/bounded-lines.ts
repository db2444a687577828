/** A line is longer than it may be. */
export class LongLineError extends Error {
  override readonly name = "LongLineError";
}

/**
 * The lines of a text as its bytes come, without their ends. No more than a line is kept.
 * @param most bytes of a line. @throws LongLineError as soon as one has more.
 */
export async function* boundedLines(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: Uint8Array[] = [];
  let kept = 0;
  const text = (last: Uint8Array): string => {
    const bytes = rest.length === 0 ? last : Buffer.concat([...rest, last]);
    rest = [];
    kept = 0;
    const line = decoder.decode(bytes);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (kept + end - from > most) throw new LongLineError();
      yield text(chunk.subarray(from, end));
      from = end + 1;
    }
    const left = chunk.subarray(from);
    kept += left.length;
    if (kept > most) throw new LongLineError();
    if (left.length > 0) rest.push(left);
  }
  if (kept > 0) yield text(new Uint8Array());
}
