import { describe, expect, it } from "vitest";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import { type Signed, SigningKeys, signatureBytes } from "./signing-keys.js";

const bytes = Buffer.alloc(32, 0xa7);
const hex = bytes.toString("hex");
const base64 = Buffer.alloc(33, 0xfb).toString("base64");

describe("a signature", () => {
  const keys = new SigningKeys(parseSigningKeys(`one:${hex}\ntwo:${base64}`));
  const signed: Signed = { kind: "embedding", name: "sha256:aa:model", parts: [Buffer.from("he"), Buffer.from("ad")] };
  const signature = keys.sign(signed) as Uint8Array;

  it("is of the first key, of a fixed length, and of the bytes whatever their pieces", () => {
    expect(signature.byteLength).toBe(signatureBytes);
    expect(Buffer.from(signature.subarray(0, 4)).toString("latin1")).toBe("one\0");
    expect(keys.faultOf({ ...signed, parts: [Buffer.from("head")] }, signature)).toBeUndefined();
  });

  it.each([
    ["another kind", { kind: "image" as const }],
    ["another name", { name: "sha256:ab:model" }],
    ["other bytes", { parts: [Buffer.from("heads")] }],
  ])("is not of %s", (_name, changes) => {
    expect(keys.faultOf({ ...signed, ...changes }, signature)).toBe("signature");
  });

  it("is of no other length and no other bits", () => {
    for (let bit = 0; bit < 8 * signatureBytes; bit++) {
      const other = Uint8Array.from(signature);
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(keys.faultOf(signed, other), `bit ${bit}`).toBe("signature");
    }
    for (const length of [1, 16, 47]) expect(keys.faultOf(signed, signature.subarray(0, length))).toBe("signature");
    expect(keys.faultOf(signed, new Uint8Array([...signature, 0]))).toBe("signature");
    expect(keys.faultOf(signed, new Uint8Array(signatureBytes))).toBe("unsigned");
    expect(keys.faultOf(signed, new Uint8Array(0))).toBe("unsigned");
  });

  it("outlives its key's turn as the first, and not the key", () => {
    const turned = new SigningKeys(parseSigningKeys(`two:${base64}\none:${hex}`));
    expect(turned.faultOf(signed, signature)).toBeUndefined();
    turned.replace(parseSigningKeys(`two:${base64}`));
    expect(turned.faultOf(signed, signature)).toBe("signature");
    expect(new SigningKeys().faultOf(signed, signature)).toBeUndefined();
    expect(new SigningKeys().sign(signed)).toBeUndefined();
  });
});
