import { crc32 } from "node:zlib";
import sharp from "sharp";

/** Interleaved RGB bytes. */
interface Raw {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Where things are in `drawScene`, as shares of width and height: clicks on them find an object. */
export const sceneClicks = {
  disc: { x: 0.3, y: 0.35 },
  plate: { x: 0.7, y: 0.3 },
  wedge: { x: 0.62, y: 0.78 },
} as const;

/** A click on one of the scene's objects, in pixels of a picture of this size. */
export function clickOn(object: keyof typeof sceneClicks, width = 640, height = 480): { x: number; y: number } {
  const { x, y } = sceneClicks[object];
  return { x: Math.round(x * width), y: Math.round(y * height) };
}

/**
 * A disc, a plate and a wedge with soft shading over a gradient: clear objects, no symmetry, the same bytes every time.
 * @param seed shifts the colours, so that every seed is a picture of its own.
 */
export function drawScene(width = 640, height = 480, seed = 0): Raw {
  const pixels = new Uint8Array(3 * width * height);
  const unit = Math.min(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const v = y / height;
      let [r, g, b] = [150 + 50 * u, 160 + 40 * v, 175 - 30 * u + ((seed * 7) % 30)];
      const dx = (u - sceneClicks.disc.x) * width;
      const dy = (v - sceneClicks.disc.y) * height;
      const far = Math.hypot(dx, dy) / (0.22 * unit);
      const shade = 0.75 + 0.25 * Math.cos(4 * far);
      if (far < 1) [r, g, b] = [205 * shade, 45 * shade + (seed % 20), 40 * shade];
      else if (u > 0.56 && u < 0.9 && v > 0.14 && v < 0.46) [r, g, b] = [30 + 60 * v, 60, 150 + 60 * u];
      else if (v > 0.6 && v < 0.92 && Math.abs(u - 0.62) < (v - 0.6) * 0.7) [r, g, b] = [225, 195 - 40 * v, 50];
      pixels[at++] = r;
      pixels[at++] = g;
      pixels[at++] = b;
    }
  }
  return { width, height, pixels };
}

export const fromRaw = ({ width, height, pixels }: Raw, channels: 3 | 4 = 3) =>
  sharp(pixels, { raw: { width, height, channels } });

export function jpegScene(width = 640, height = 480, seed = 0): Promise<Buffer> {
  return fromRaw(drawScene(width, height, seed))
    .jpeg({ quality: 92, chromaSubsampling: "4:4:4" })
    .toBuffer();
}

/** The scene with an alpha channel that fades out to the right. */
function withAlpha({ width, height, pixels }: Raw): Raw {
  const rgba = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    rgba.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
    rgba[4 * i + 3] = 255 - Math.floor(((i % width) / width) * 120);
  }
  return { width, height, pixels: rgba };
}

export function orientedJpeg(upright: Raw, orientation: number): Promise<Buffer> {
  return oriented(upright, orientation).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
}

/**
 * A file, still to be encoded, that shows `upright` once its orientation is applied: stored turned or mirrored the other way.
 * The meaning of 1 to 8: EXIF 2.32, 4.6.4, Orientation.
 */
export function oriented(upright: Raw, orientation: number) {
  const { width, height } = upright;
  const swapped = orientation >= 5;
  const stored: Raw = {
    width: swapped ? height : width,
    height: swapped ? width : height,
    pixels: new Uint8Array(3 * width * height),
  };
  // For the upright pixel (x, y): where the stored one lies.
  const place = (x: number, y: number): [column: number, row: number] => {
    const [right, bottom] = [width - 1 - x, height - 1 - y];
    switch (orientation) {
      case 2:
        return [right, y];
      case 3:
        return [right, bottom];
      case 4:
        return [x, bottom];
      case 5:
        return [y, x];
      case 6:
        return [y, right];
      case 7:
        return [bottom, right];
      case 8:
        return [bottom, x];
      default:
        return [x, y];
    }
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = place(x, y);
      const from = 3 * (y * width + x);
      stored.pixels.set(upright.pixels.subarray(from, from + 3), 3 * (row * stored.width + column));
    }
  }
  return fromRaw(stored).withMetadata({ orientation });
}

/** How an odd picture ends: taken, or refused with this HTTP status. */
interface OddPicture {
  name: string;
  bytes: Uint8Array;
  /** 200, or the refusal's status. */
  status: 200 | 413 | 415 | 422;
  width?: number;
  height?: number;
}

/** Pictures that decoders stumble over, and things that only look like pictures. All made here. */
export async function oddPictures(): Promise<OddPicture[]> {
  const raw = drawScene(320, 240);
  const scene = () => fromRaw(raw);
  const size = { width: 320, height: 240 };
  const taken = async (name: string, bytes: Promise<Buffer>): Promise<OddPicture> => ({
    name,
    bytes: await bytes,
    status: 200,
    ...size,
  });
  const refused = (name: string, status: 413 | 415 | 422, bytes: Uint8Array | string): OddPicture => ({
    name,
    bytes: typeof bytes === "string" ? Buffer.from(bytes) : bytes,
    status,
  });
  const png = await scene().png().toBuffer();
  const jpeg = await scene().jpeg().toBuffer();
  const frames = Buffer.concat([raw.pixels, drawScene(320, 240, 5).pixels]);
  return [
    await taken("progressive JPEG", scene().jpeg({ progressive: true }).toBuffer()),
    await taken("CMYK JPEG", scene().toColourspace("cmyk").jpeg().toBuffer()),
    await taken("grey JPEG", scene().toColourspace("b-w").jpeg().toBuffer()),
    await taken("16-bit PNG", scene().toColourspace("rgb16").png().toBuffer()),
    await taken("palette PNG", scene().png({ palette: true }).toBuffer()),
    await taken("grey PNG with alpha", fromRaw(withAlpha(raw), 4).toColourspace("b-w").png().toBuffer()),
    await taken("16-bit grey PNG", scene().toColourspace("grey16").png().toBuffer()),
    await taken("WebP with alpha", fromRaw(withAlpha(raw), 4).webp({ lossless: true }).toBuffer()),
    await taken("AVIF", scene().avif({ effort: 0 }).toBuffer()),
    await taken("TIFF", scene().tiff({ compression: "lzw" }).toBuffer()),
    await taken(
      "animated GIF",
      sharp(frames, { raw: { width: 320, height: 480, channels: 3, pageHeight: 240 } })
        .gif({ delay: [100, 100] })
        .toBuffer(),
    ),
    { name: "2 x 2 pixels", bytes: await fromRaw(drawScene(2, 2)).png().toBuffer(), status: 200, width: 2, height: 2 },
    {
      name: "4000 x 3 pixels",
      bytes: await fromRaw(drawScene(4000, 3)).png().toBuffer(),
      status: 200,
      width: 4000,
      height: 3,
    },
    refused("empty file", 422, ""),
    refused("HTML", 415, "<!doctype html><script>alert(1)</script>"),
    refused("SVG", 415, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>'),
    refused("PDF", 415, "%PDF-1.7\n1 0 obj\n"),
    refused("PNG cut short", 422, png.subarray(0, Math.floor(png.length * 0.6))),
    refused("JPEG of a header only", 422, jpeg.subarray(0, 20)),
    refused("PNG with a broken IHDR", 422, Buffer.concat([png.subarray(0, 16), Buffer.alloc(64, 0xff)])),
    refused("PNG that announces 60000 x 60000 pixels", 413, pngHeader(60_000, 60_000)),
    refused("PNG that announces 65536 x 65536 pixels", 413, pngHeader(65_536, 65_536)),
    refused("GIF that announces 65535 x 65535 pixels", 413, gifHeader(65_535, 65_535)),
  ];
}

/** A PNG whose header announces a huge canvas, with a few bytes of data behind it. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, RGB.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    // An empty deflate stream.
    chunk("IDAT", Buffer.from([0x78, 0x9c, 0x03, 0, 0, 0, 0, 1])),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Of a PNG. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** A GIF of one frame that fills a canvas of any size, with the data of a single pixel. */
function gifHeader(width: number, height: number): Buffer {
  const canvas = Buffer.alloc(4);
  canvas.writeUInt16LE(width, 0);
  canvas.writeUInt16LE(height, 2);
  const head = Buffer.from("GIF89a", "latin1");
  // Two colours; a frame at (0, 0), its size; LZW with 2 bits, the trailer.
  const colours = [0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const data = [0, 2, 2, 0x44, 1, 0, 0x3b];
  return Buffer.concat([head, canvas, Buffer.from([...colours, 0x2c, 0, 0, 0, 0]), canvas, Buffer.from(data)]);
}
