import { deflateSync } from "node:zlib";
import { chunk, drawScene, fromRaw } from "./pictures.js";

/** A file that notes its orientation, in some way or other. */
interface NotedPicture {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: number;
}

const short = 3;
const orientation = (value: number, type = short, count = 1): Entry => ({ tag: 0x0112, type, count, value });

/** One directory of an EXIF block; a second one where `next` is given. */
function exifBlock(entries: readonly Entry[], { isLittle = true, at = 8, next = [] as readonly Entry[] } = {}): Buffer {
  const bytesOf = (list: readonly Entry[]) => 2 + 12 * list.length + 4;
  const nextAt = next.length === 0 ? 0 : at + bytesOf(entries);
  const block = Buffer.alloc(at + bytesOf(entries) + (next.length === 0 ? 0 : bytesOf(next)));
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  block.write(isLittle ? "II" : "MM", "latin1");
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, at, isLittle);
  const write = (list: readonly Entry[], from: number, following: number) => {
    view.setUint16(from, list.length, isLittle);
    for (const [index, { tag, type, count, value }] of list.entries()) {
      const entry = from + 2 + 12 * index;
      view.setUint16(entry, tag, isLittle);
      view.setUint16(entry + 2, type, isLittle);
      view.setUint32(entry + 4, count, isLittle);
      if ([1, 2, 6, 7].includes(type)) view.setUint8(entry + 8, value);
      else if ([3, 8].includes(type)) view.setUint16(entry + 8, value, isLittle);
      else view.setUint32(entry + 8, value, isLittle);
    }
    view.setUint32(from + bytesOf(list) - 4, following, isLittle);
  };
  write(entries, at, nextAt);
  if (nextAt > 0) write(next, nextAt, 0);
  return block;
}

function jpegSegment(content: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

const named = (block: Buffer, name = "Exif\0\0") => Buffer.concat([Buffer.from(name, "latin1"), block]);

function webpOf(image: Buffer, width: number, height: number, exifs: readonly Buffer[], isAnnounced = true): Buffer {
  const piece = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(type, "latin1");
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const header = Buffer.alloc(10);
  header[0] = isAnnounced ? 8 : 0;
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  const body = [Buffer.from("WEBP"), piece("VP8X", header), image, ...exifs.map((exif) => piece("EXIF", exif))];
  const head = Buffer.alloc(8);
  head.write("RIFF", "latin1");
  head.writeUInt32LE(
    body.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return Buffer.concat([head, ...body]);
}

/** The directory that `block` has, in ways that writers of cameras and of programs have, and damaged ones. */
function blocks(): Record<string, Buffer> {
  const cutShort = exifBlock([orientation(6)]).subarray(0, 22);
  const wrongMagic = exifBlock([orientation(6)]);
  wrongMagic[2] = 43;
  const tooMany = exifBlock([orientation(6)]);
  tooMany[8] = 9;
  const farAway = exifBlock([orientation(6)]);
  farAway.writeUInt32LE(0xfffffff0, 4);
  return {
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((value) => [`${value}`, exifBlock([orientation(value)])])),
    "6, most significant byte first": exifBlock([orientation(6)], { isLittle: false }),
    "6 as a long": exifBlock([orientation(6, 4)]),
    "6 as a long, most significant byte first": exifBlock([orientation(6, 4)], { isLittle: false }),
    "6 as a byte": exifBlock([orientation(6, 1)]),
    "6 as a signed byte": exifBlock([orientation(6, 6)]),
    "6 as a signed short": exifBlock([orientation(6, 8)]),
    "6 as a signed long": exifBlock([orientation(6, 9)]),
    "6 as text": exifBlock([orientation(6, 2)]),
    "6 of no type": exifBlock([orientation(6, 7)]),
    "6 of an unknown type": exifBlock([orientation(6, 99)]),
    "6 twice over": exifBlock([orientation(6, short, 2)]),
    "6 and no value": exifBlock([orientation(6, short, 0)]),
    "no value, then 6": exifBlock([orientation(3, short, 0), orientation(6)]),
    "more values than there are": exifBlock([orientation(6, short, 1000)]),
    "65542 as a long": exifBlock([orientation(65_542, 4)]),
    "0": exifBlock([orientation(0)]),
    "9": exifBlock([orientation(9)]),
    "65535": exifBlock([orientation(0xffff)]),
    "first 6, then 3": exifBlock([orientation(6), orientation(3)]),
    "6 behind a later tag": exifBlock([{ tag: 0x011a, type: 4, count: 1, value: 7 }, orientation(6)]),
    "6 far inside": exifBlock([orientation(6)], { at: 100 }),
    "6 in the second directory": exifBlock([{ tag: 0x0100, type: short, count: 1, value: 40 }], {
      next: [orientation(6)],
    }),
    "6, cut short": cutShort,
    "6 with a wrong magic number": wrongMagic,
    "6 among more entries than there are": tooMany,
    "6 outside the block": farAway,
    "no entries": exifBlock([]),
    "an empty block": Buffer.alloc(0),
    "a block of a few bytes": Buffer.from("II*\0"),
  };
}

/** Every block in every container that has one, and containers that are odd themselves. */
export async function notedPictures(): Promise<NotedPicture[]> {
  const { width, height, pixels } = drawScene(40, 24);
  const scene = fromRaw({ width, height, pixels });
  const [jpeg, png, webp] = await Promise.all([
    scene.clone().jpeg().toBuffer(),
    scene.clone().png().toBuffer(),
    scene.clone().webp({ lossless: true }).toBuffer(),
  ]);
  const image = webp.subarray(12);
  const start = jpeg.subarray(0, 2);
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  // Signature and IHDR.
  const pngHead = 33;
  const jpegWith = (...segments: Buffer[]) => Buffer.concat([start, ...segments, jpeg.subarray(2)]);
  const pngWith = (...chunks: Buffer[]) => Buffer.concat([png.subarray(0, pngHead), ...chunks, png.subarray(pngHead)]);
  const webpWith = (exifs: Buffer[], isAnnounced = true) => webpOf(image, width, height, exifs, isAnnounced);
  const [six, three] = [exifBlock([orientation(6)]), exifBlock([orientation(3)])];
  const xmp = named(
    Buffer.from(
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/></rdf:RDF></x:xmpmeta>',
    ),
    "http://ns.adobe.com/xap/1.0/\0",
  );
  const rawProfile = Buffer.from(`\nexif\n      ${six.length + 6}\n${named(six).toString("hex")}\n`);
  return [
    ...Object.entries(blocks()).flatMap(([name, block]) => [
      { name: `JPEG: ${name}`, bytes: jpegWith(jpegSegment(named(block))) },
      { name: `PNG: ${name}`, bytes: pngWith(chunk("eXIf", block)) },
      { name: `WebP: ${name}`, bytes: webpWith([block]) },
    ]),
    { name: "JPEG: two blocks", bytes: jpegWith(jpegSegment(named(six)), jpegSegment(named(three))) },
    { name: "JPEG: XMP before it", bytes: jpegWith(jpegSegment(xmp), jpegSegment(named(six))) },
    { name: "JPEG: XMP alone", bytes: jpegWith(jpegSegment(xmp)) },
    { name: "JPEG: another name", bytes: jpegWith(jpegSegment(named(six, "Exif\0\xff"))) },
    {
      name: "JPEG: another name, then a right one",
      bytes: jpegWith(jpegSegment(named(three, "Exif\0\xff")), jpegSegment(named(six))),
    },
    { name: "JPEG: filled up", bytes: jpegWith(Buffer.from([0xff, 0xff]), jpegSegment(named(six))) },
    {
      name: "JPEG: before the scan",
      bytes: Buffer.concat([jpeg.subarray(0, scan), jpegSegment(named(six)), jpeg.subarray(scan)]),
    },
    { name: "JPEG: behind the end", bytes: Buffer.concat([jpeg, jpegSegment(named(six))]) },
    { name: "PNG: with a JPEG's name", bytes: pngWith(chunk("eXIf", named(six))) },
    { name: "PNG: two blocks", bytes: pngWith(chunk("eXIf", six), chunk("eXIf", three)) },
    {
      name: "PNG: behind the data",
      bytes: Buffer.concat([png.subarray(0, -12), chunk("eXIf", six), png.subarray(-12)]),
    },
    {
      name: "PNG: as compressed text",
      bytes: pngWith(chunk("zTXt", Buffer.concat([Buffer.from("Raw profile type exif\0\0"), deflateSync(rawProfile)]))),
    },
    {
      name: "PNG: as text",
      bytes: pngWith(chunk("tEXt", Buffer.concat([Buffer.from("Raw profile type exif\0"), rawProfile]))),
    },
    { name: "WebP: with a JPEG's name", bytes: webpWith([named(six)]) },
    { name: "WebP: two blocks", bytes: webpWith([six, three]) },
    { name: "WebP: not announced", bytes: webpWith([six], false) },
    { name: "WebP: an odd length", bytes: webpWith([Buffer.concat([six, Buffer.alloc(1)]), three]) },
    { name: "WebP: bare", bytes: webp },
    { name: "JPEG: bare", bytes: jpeg },
    { name: "PNG: bare", bytes: png },
  ];
}
