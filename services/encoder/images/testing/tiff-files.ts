/** A page of a TIFF as it is to be written: uncompressed, in one strip. */
export interface TiffPage {
  width: number;
  height: number;
  /** Interleaved; one value a sample. */
  samples: ArrayLike<number>;
  samplesPerPixel: number;
  bits: 8 | 16 | 32 | 64;
  /** 1 unsigned, 2 signed, 3 floating point (TIFF 6.0, SampleFormat). */
  sampleFormat?: 1 | 2 | 3;
  /** 1 grey, black is zero; 2 RGB. */
  photometric: 1 | 2;
  /** 0 unspecified, 1 associated alpha, 2 unassociated alpha: one a sample over the colours. */
  extraSamples?: number[];
  /** NewSubfileType: 1 for a smaller copy of another page. */
  subfileType?: number;
  orientation?: number;
}

export interface TiffForm {
  isBig?: boolean;
  order?: "II" | "MM";
}

const [short, long, long8] = [3, 4, 16];
const bytesOf: Record<number, number> = { [short]: 2, [long]: 4, [long8]: 8 };

/** A TIFF or BigTIFF of the given pages, in either byte order. */
export function tiffFile(pages: TiffPage[], { isBig = false, order = "II" }: TiffForm = {}): Buffer {
  const little = order === "II";
  const parts: Buffer[] = [];
  let length = 0;
  const append = (part: Buffer) => {
    parts.push(part);
    length += part.length;
    return length - part.length;
  };
  const number = (value: number, bytes: number) => {
    const made = Buffer.alloc(bytes);
    const view = new DataView(made.buffer, made.byteOffset, bytes);
    if (bytes === 2) view.setUint16(0, value, little);
    else if (bytes === 4) view.setUint32(0, value, little);
    else view.setBigUint64(0, BigInt(value), little);
    return made;
  };
  const place = isBig ? 8 : 4;
  append(Buffer.from(order, "latin1"));
  append(number(isBig ? 43 : 42, 2));
  if (isBig) append(Buffer.concat([number(8, 2), number(0, 2)]));
  /** Where the next directory's offset goes. */
  let link = Buffer.alloc(place);
  append(link);
  for (const page of pages) {
    const strip = append(samplesAsBytes(page, little));
    const { width, height, samplesPerPixel: samples, bits, sampleFormat = 1, photometric } = page;
    const tags: [tag: number, type: number, values: number[]][] = [
      [254, long, [page.subfileType ?? 0]],
      [256, long, [width]],
      [257, long, [height]],
      [258, short, Array(samples).fill(bits)],
      [259, short, [1]],
      [262, short, [photometric]],
      [273, isBig ? long8 : long, [strip]],
      [274, short, [page.orientation ?? 1]],
      [277, short, [samples]],
      [278, long, [height]],
      [279, isBig ? long8 : long, [(samples * width * height * bits) / 8]],
      [284, short, [1]],
      ...(page.extraSamples ? [[338, short, page.extraSamples] as [number, number, number[]]] : []),
      [339, short, Array(samples).fill(sampleFormat)],
    ];
    const entries = tags.map(([tag, type, values]) => {
      const value = Buffer.concat(values.map((one) => number(one, bytesOf[type] as number)));
      const inPlace = value.length <= place;
      const field = inPlace ? Buffer.concat([value, Buffer.alloc(place - value.length)]) : number(append(value), place);
      return Buffer.concat([number(tag, 2), number(type, 2), number(values.length, place), field]);
    });
    const directory = append(Buffer.concat([number(entries.length, isBig ? 8 : 2), ...entries]));
    link.set(number(directory, place));
    link = Buffer.alloc(place);
    append(link);
  }
  return Buffer.concat(parts);
}

function samplesAsBytes({ samples, bits, sampleFormat = 1 }: TiffPage, little: boolean): Buffer {
  const bytes = bits / 8;
  const made = Buffer.alloc(samples.length * bytes);
  const view = new DataView(made.buffer, made.byteOffset, made.length);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    const at = i * bytes;
    if (sampleFormat === 3) bits === 64 ? view.setFloat64(at, value, little) : view.setFloat32(at, value, little);
    else if (bits === 8) view.setUint8(at, value & 0xff);
    else if (bits === 16) view.setUint16(at, value & 0xffff, little);
    else if (bits === 32) view.setUint32(at, value >>> 0, little);
    else view.setBigInt64(at, BigInt(value), little);
  }
  return made;
}
