import { crc32 } from "node:zlib";

export interface HandMadeEntry {
  readonly name: string | Buffer;
  /** As it lies in the archive. */
  readonly content: string | Buffer;
  readonly method?: number;
  readonly flags?: number;
  /** What it claims to unpack to. */
  readonly unpacked?: number;
  /** The entry whose bytes it claims. */
  readonly at?: number;
}

/** An archive byte by byte, as no library would write it: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function handMadeZip(entries: readonly HandMadeEntry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content, method = 0, flags = 0, unpacked, at } of entries) {
    const [nameBytes, bytes] = [Buffer.from(name as string), Buffer.from(content as string)];
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(unpacked ?? bytes.length, 18);
    fields.writeUInt16LE(nameBytes.length, 22);
    const isOwn = at === undefined || offsets.length <= at;
    const start = isOwn ? offset : offsets[at]!;
    offsets.push(start);
    if (isOwn) {
      const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fields, nameBytes, bytes]);
      parts.push(local);
      offset += local.length;
    }
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(start, 10);
    const version = Buffer.from([20, 0]);
    central.push(Buffer.from("PK\x01\x02", "latin1"), version, fields, rest, nameBytes);
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
