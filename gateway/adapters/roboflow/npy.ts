import { decodeHalf } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";

/*
 * NumPy's form of one array in a file: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */

/** As NumPy describes them: little endian, without objects of Python's. */
type Kind = "<f4" | "<f2" | "|u1";

interface NpyArray {
  readonly kind: Kind;
  /** The last side is that of neighbours. */
  readonly shape: readonly number[];
}

interface NumberArray extends NpyArray {
  readonly values: Float32Array;
}

const magic = Buffer.from("\x93NUMPY", "latin1");
const bytesOf: Readonly<Record<Kind, number>> = { "<f4": 4, "<f2": 2, "|u1": 1 };
/** NumPy aligns what follows the header, and so do we. */
const alignment = 64;
const longestHeader = 4096;
const mostSides = 8;
/** As `numpy.save` writes it, and nothing else: it is a literal of Python's, which is not evaluated. */
const headerForm = /^\{'descr': '([^']{1,16})', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), ?\} *\n?$/;

/** A file of version 1.0. @param data the array's bytes, of `shape` and `kind`. */
export function writeNpy({ kind, shape }: NpyArray, data: Uint8Array): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${sides}), }`;
  const before = magic.length + 4;
  const length = Math.ceil((before + text.length + 1) / alignment) * alignment - before;
  const header = Buffer.alloc(before + length, " ");
  header.set(magic);
  header.set([1, 0], magic.length);
  header.writeUInt16LE(length, magic.length + 2);
  header.write(text, before, "latin1");
  header[header.length - 1] = 0x0a;
  return Buffer.concat([header, data]);
}

/**
 * An array of numbers.
 * @param what it is, for who reads what is wrong with it. @param most numbers that it may have: no more are looked at.
 * @throws ServiceError INVALID_ARGUMENT for what is no such file, of another kind, larger, or not as long as it says.
 */
export function readNpy(file: Buffer, what: string, most: number): NumberArray {
  const { text, start } = headerOf(file, what);
  const [, descr = "", fortran, sides = ""] = headerForm.exec(text) ?? [];
  if (fortran === undefined) throw invalidArgument(`${what}: its header is not as numpy.save writes it.`);
  if (!isKind(descr)) {
    throw invalidArgument(`${what} is of the type "${descr}"; float32, float16 and uint8 are taken, little endian.`);
  }
  if (fortran === "True") throw invalidArgument(`${what} is in Fortran's order; send numpy.ascontiguousarray of it.`);
  const shape = sides
    .split(",")
    .filter((side) => side.trim() !== "")
    .map(Number);
  const count = shape.reduce((product, side) => product * side, 1);
  if (shape.length > mostSides || !(count > 0 && count <= most)) {
    throw invalidArgument(`${what} has the shape (${sides.slice(0, 60)}); at most ${most} numbers are taken.`);
  }
  const data = file.subarray(start);
  if (data.length !== count * bytesOf[descr]) {
    throw invalidArgument(
      `${what} has ${data.length} bytes of numbers, and its shape wants ${count * bytesOf[descr]}.`,
    );
  }
  return { kind: descr, shape, values: valuesOf(data, descr) };
}

function headerOf(file: Buffer, what: string): { text: string; start: number } {
  const [major = 0, minor = 0] = file.subarray(magic.length, magic.length + 2);
  const isNpy = file.subarray(0, magic.length).equals(magic) && major >= 1 && major <= 3 && minor === 0;
  const at = magic.length + 2;
  // Since version 2.0 a header may be longer than any that is needed.
  const size = major === 1 ? 2 : 4;
  if (!isNpy || file.length < at + size) throw invalidArgument(`${what} is no file of numpy.save's.`);
  const length = file.readUIntLE(at, size);
  const start = at + size + length;
  if (length > longestHeader || start > file.length)
    throw invalidArgument(`${what}: its header is cut off, or too long.`);
  return { text: file.toString("latin1", at + size, start), start };
}

const isKind = (descr: string): descr is Kind => Object.hasOwn(bytesOf, descr);

/** Of their own memory, where numbers stand at even places. */
function valuesOf(data: Uint8Array, kind: Kind): Float32Array {
  const { buffer } = Uint8Array.from(data);
  if (kind === "<f4") return new Float32Array(buffer);
  return kind === "<f2" ? decodeHalf(new Uint16Array(buffer)) : Float32Array.from(new Uint8Array(buffer));
}
