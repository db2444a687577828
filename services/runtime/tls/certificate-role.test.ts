import { describe, expect, it } from "vitest";
import { DatasetService, DecoderService, EncoderService } from "../../../proto/index.js";
import { Code } from "../errors.js";
import {
  type CertificateRole,
  certificateOf,
  type PeerCertificateRole,
  requireClient,
  requireRole,
} from "./certificate-role.js";

const roleIn = (subjectaltname: string) =>
  certificateOf({ getAuthContext: () => ({ sslPeerCertificate: { subjectaltname } }) })?.role;

describe("T6: the names of a certificate tell its role", () => {
  it.each<[string, CertificateRole | undefined]>([
    ["URI:spiffe://cluster.local/maskwire/gateway", "gateway"],
    ["URI:spiffe://cluster.local/ns/vision/maskwire/decoder", "decoder"],
    ["DNS:encoder, DNS:encoder.maskwire.internal, IP Address:10.0.0.1", "encoder"],
    ["DNS:client.maskwire.internal, URI:spiffe://example.org/maskwire/client", "client"],
    ["DNS:gateway.maskwire.internal, URI:spiffe://example.org/maskwire/client", undefined],
    ["DNS:gateway.maskwire.internal.example.org", undefined],
    ["DNS:evil.gateway.maskwire.internal", undefined],
    ["URI:https://example.org/maskwire/gateway", undefined],
    ["URI:spiffe://example.org/maskwire/king", undefined],
    ["email:gateway.maskwire.internal", undefined],
    ['DirName:"O=x, DNS:gateway.maskwire.internal"', undefined],
    ['URI:"http://a/, URI:spiffe://x/maskwire/gateway"', undefined],
    ['DNS:"a\\", DNS:gateway.maskwire.internal, DNS:\\"b"', undefined],
    ['DNS:a", DNS:gateway.maskwire.internal', undefined],
    ["", undefined],
  ])("%s", (names, role) => {
    expect(roleIn(names)).toBe(role);
  });

  it("who has shown none has none", () => {
    expect(certificateOf({})).toBeUndefined();
    expect(certificateOf({ getAuthContext: () => ({}) })).toBeUndefined();
  });
});

describe("T6: who may call what", () => {
  const methods = [...EncoderService.methods, ...DecoderService.methods, ...DatasetService.methods];
  const allowed = (certificate: PeerCertificateRole | undefined) =>
    methods.filter((method) => {
      try {
        requireRole(method, certificate);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: Code.PERMISSION_DENIED, message: expect.stringContaining(method.name) });
        return false;
      }
    });

  it.each<[CertificateRole | undefined, string[]]>([
    ["gateway", methods.map(({ name }) => name)],
    [
      "client",
      [
        "Encode",
        "LookupImage",
        "Ground",
        "ListDetectors",
        "ListModels",
        "ListModels",
        "Segment",
        "SegmentOnce",
        "SegmentEverything",
        "Propagate",
        ...DatasetService.methods.map(({ name }) => name),
      ],
    ],
    ["dataset", methods.map(({ name }) => name)],
    ["encoder", []],
    ["decoder", []],
    [undefined, []],
  ])("%s", (role, names) => {
    expect(
      allowed({ role })
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort());
  });

  it("who has shown none, what a client may", () => {
    expect(allowed(undefined)).toEqual(allowed({ role: "client" }));
  });
});

describe("T6: who may ask over HTTP", () => {
  it.each<[string, PeerCertificateRole | undefined, RegExp | undefined]>([
    ["a client", { role: "client" }, undefined],
    ["a gateway", { role: "gateway" }, undefined],
    ["who has shown none", undefined, undefined],
    [
      "an encoder",
      { role: "encoder" },
      /^Your certificate is that of an encoder: come with one of a client or a gateway\.$/,
    ],
    ["a decoder", { role: "decoder" }, /^Your certificate is that of a decoder: come with/],
    ["one without a role", { role: undefined }, /^Your certificate has no role: come with/],
  ])("%s", (_who, certificate, refusal) => {
    const ask = () => requireClient(certificate);
    if (refusal) expect(ask).toThrow(refusal);
    else expect(ask).not.toThrow();
  });
});
