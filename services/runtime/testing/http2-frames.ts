/** HTTP/2 as bytes, also such as no library would send (RFC 9113, HPACK without compression: RFC 7541). */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flags = { none: 0, endStream: 1, endHeaders: 4 } as const;

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export const settings = (payload?: Uint8Array) => frame(frameTypes.settings, flags.none, 0, payload);
/** CANCEL */
export const rstStream = (stream: number) => frame(frameTypes.rstStream, flags.none, stream, Buffer.from([0, 0, 0, 8]));

/** Literal fields that are not indexed. */
export const headerBlock = (fields: Record<string, string>) =>
  Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

export const headers = (stream: number, fields: Record<string, string>, flag: number = flags.endHeaders) =>
  frame(frameTypes.headers, flag, stream, headerBlock(fields));

/** What a gRPC client sends to begin a call. */
export const callHeaders = (path: string, more: Record<string, string> = {}) => ({
  ":method": "POST",
  ":scheme": "http",
  ":path": path,
  ":authority": "test",
  "content-type": "application/grpc",
  te: "trailers",
  ...more,
});

/** A string with its length, in seven bits and as many more groups as it takes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
