import { ImageDigest } from "../../../services/runtime/image-id.js";

/** A file that came as text, decoded and hashed. */
export interface DecodedFile {
  readonly imageId: string;
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
}

const dataUri = /^data:[^,]{0,200},/;
const alphabet = /^[A-Za-z0-9+/=_-]*$/;

/** Whether text is Base64, or a data URI's, as far as it goes. @param text as it stands in JSON, escapes and all. */
export const beginsBase64 = (text: string): boolean => alphabet.test(unescaped(text.replace(dataUri, "")).text);

/** Decodes Base64 in either alphabet, with or without a data URI's head, while its text arrives, and hashes what comes of it. */
export class Base64Bytes {
  readonly #digest = new ImageDigest();
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #rest = "";
  #hasBegun = false;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param text as it stands between the quotes of JSON. */
  add(text: string): void {
    let all = this.#rest + text;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      all = all.replace(dataUri, "");
    }
    const { text: plain, rest } = unescaped(all);
    const whole = plain.length - (plain.length % 4);
    this.#rest = plain.slice(whole) + rest;
    this.#take(Buffer.from(plain.slice(0, whole), "base64"));
  }

  /** The last call. */
  end(): DecodedFile {
    this.#take(Buffer.from(this.#rest, "base64"));
    return { imageId: this.#digest.imageId(), pieces: this.#pieces, bytes: this.#bytes };
  }

  #take(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#digest.update(piece);
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
  }
}

/** What a string holds at once. @param text without escapes. */
export function decodeBase64(text: string): DecodedFile {
  const bytes = new Base64Bytes();
  bytes.add(text);
  return bytes.end();
}

/** Some writers escape slashes, others break lines. @returns with an escape at the end that is not whole yet apart. */
function unescaped(text: string): { text: string; rest: string } {
  if (!text.includes("\\")) return { text, rest: "" };
  const [rest = ""] = /(?<!\\)\\(?:u[0-9a-fA-F]{0,3})?$/.exec(text) ?? [];
  const plain = text
    .slice(0, text.length - rest.length)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string | undefined) =>
      code === undefined
        ? letter === "n" || letter === "r" || letter === "t"
          ? ""
          : (letter ?? "")
        : String.fromCharCode(Number.parseInt(code, 16)),
    );
  return { text: plain, rest };
}
