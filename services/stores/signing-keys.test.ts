import { describe, expect, it } from "vitest";
import { parseSigningKeys, type Signed, SigningKeys, signatureBytes } from "./signing-keys.js";

const bytes = Buffer.alloc(32, 0xa7);
const hex = bytes.toString("hex");
const base64 = Buffer.alloc(33, 0xfb).toString("base64");

describe("a file of keys", () => {
  it("holds one a line, in hex or base64, between comments and empty lines", () => {
    const url = Buffer.alloc(32, 0xff).toString("base64url");
    const keys = parseSigningKeys(`# ours\r\n\nfirst.1:${hex}\n  second-2: ${base64} \nthird_3:${url}\n`);
    expect(keys.map(({ id, secret }) => [id, secret.export().toString("hex")])).toEqual([
      ["first.1", hex],
      ["second-2", "fb".repeat(33)],
      ["third_3", "ff".repeat(32)],
    ]);
  });

  it("takes for hex what can be hex", () => {
    expect(parseSigningKeys(`a:${"ab".repeat(32)}`)[0]?.secret.symmetricKeySize).toBe(32);
  });

  it.each([
    ["", "no line of it holds a key"],
    ["# nothing\n", "no line of it holds a key"],
    [`a:${hex}\nno colon`, "line 2 has no colon between id and secret"],
    [`a:${hex}\na:${base64}`, "line 2 has the id of a line before it"],
    [`:${hex}`, "line 1 has an id that is not 1 to 16 letters, digits, . - and _"],
    [`seventeen-letters:${hex}`, "line 1 has an id that is not"],
    [`ä:${hex}`, "line 1 has an id that is not"],
    ["a:", "line 1 has a secret that is neither hex nor base64"],
    ["a:my secret pass phrase", "line 1 has a secret that is neither hex nor base64"],
    [`\n\na:${"ab".repeat(31)}`, "line 3 has a secret of 31 bytes; at least 32 are needed"],
    [Array.from({ length: 101 }, (_, index) => `k${index}:${hex}`).join("\n"), "line 101 is one more key than the 100"],
  ])("is refused by the line at fault: %j", (text, message) => {
    expect(() => parseSigningKeys(text)).toThrow(message);
  });

  it("is refused without a word of its secrets", () => {
    const secret = "correct horse battery staple";
    expect(() => parseSigningKeys(`${secret}`)).toThrow(expect.not.stringContaining("horse"));
    expect(() => parseSigningKeys(`a:${secret}`)).toThrow(expect.not.stringContaining("horse"));
  });
});

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
