import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { DescMethod } from "@bufbuild/protobuf";
import { DatasetService, DecoderService, EncoderService, TrackService } from "../../../proto/index.js";
import { Code, ServiceError } from "../errors.js";

/** What a peer is by its certificate. */
const certificateRoles = ["gateway", "encoder", "decoder", "dataset", "client"] as const;
export type CertificateRole = (typeof certificateRoles)[number];

/** What those may call who are no gateway of ours; all the rest is between the tiers. */
const ofClients = new Set<DescMethod>([
  EncoderService.method.encode,
  EncoderService.method.lookupImage,
  EncoderService.method.ground,
  EncoderService.method.listDetectors,
  EncoderService.method.listModels,
  DecoderService.method.listModels,
  DecoderService.method.segment,
  DecoderService.method.segmentOnce,
  DecoderService.method.segmentEverything,
  DecoderService.method.propagate,
  ...DatasetService.methods,
  ...TrackService.methods,
]);

/** A peer's certificate, once its authority has been checked. @param role undefined for one whose names tell none. */
export interface PeerCertificateRole {
  readonly role: CertificateRole | undefined;
}

interface AuthContext {
  readonly sslPeerCertificate?: { readonly subjectaltname?: string | undefined } | undefined;
}

/** The part of a call by which its peer is known; in-process calls have none. */
export interface Authenticated {
  getAuthContext?(): AuthContext;
}

/** Of a peer's call. @returns undefined for one that has shown no certificate, or none of an authority that is accepted. */
export function certificateOf(call: Authenticated): PeerCertificateRole | undefined {
  const certificate = call.getAuthContext?.().sslPeerCertificate;
  return certificate && { role: roleOf(certificate.subjectaltname ?? "") };
}

/** Of a connection that is spoken HTTP on, as grpc-js has it of its own. */
export function authContextOf(socket: Duplex): AuthContext {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return {};
  const certificate = socket.getPeerCertificate();
  return "raw" in certificate ? { sslPeerCertificate: certificate } : {};
}

/** For an auditor: the name that tells the certificate's role, or else its first; undefined for a peer without one. */
export function certificateName(call: Authenticated): string | undefined {
  const text = call.getAuthContext?.().sslPeerCertificate?.subjectaltname;
  const names = namesIn(text ?? "");
  return (names.find((name) => roleIn(name).length > 0) ?? names[0])?.slice(0, longestName);
}

/** Those of ours that ask other tiers for somebody: gateways, and what works on data sets. */
export const speaksForOthers = (certificate: PeerCertificateRole | undefined): boolean =>
  certificate?.role === "gateway" || certificate?.role === "dataset";

/**
 * @param certificate undefined for a peer without one, who may what a client may.
 * @throws ServiceError PERMISSION_DENIED when such a peer may not call the method.
 */
export function requireRole(method: DescMethod, certificate: PeerCertificateRole | undefined): void {
  const role = certificate ? certificate.role : "client";
  if (speaksForOthers(certificate) || (role === "client" && ofClients.has(method))) return;
  const is = certificate ? whatIsShown(certificate) : "You have shown no certificate";
  const message = `${is}: to call ${method.name}, come with one of ${whoMayCall(method)}.`;
  throw new ServiceError({ code: Code.PERMISSION_DENIED, message });
}

/** Of a name that somebody else's authority has let through. */
const longestName = 200;

/**
 * Holds a peer that speaks HTTP to what a client may, which is all that a gateway offers.
 * @param certificate undefined for a peer without one. @throws ServiceError PERMISSION_DENIED
 */
export function requireClient(certificate: PeerCertificateRole | undefined): void {
  if (!certificate || certificate.role === "client" || certificate.role === "gateway") return;
  const message = `${whatIsShown(certificate)}: come with one of a client or a gateway.`;
  throw new ServiceError({ code: Code.PERMISSION_DENIED, message });
}

function whatIsShown({ role }: PeerCertificateRole): string {
  if (!role) return "Your certificate has no role";
  return `Your certificate is that of ${role === "encoder" ? "an" : "a"} ${role}`;
}

const whoMayCall = (method: DescMethod) => (ofClients.has(method) ? "a client or a gateway" : "a gateway");

/** `URI:spiffe://anything/maskwire/gateway` or `DNS:gateway.maskwire.internal`. */
const roleForms = [/^URI:spiffe:\/\/[^/]+\/(?:.+\/)?maskwire\/(\w+)$/, /^DNS:(\w+)\.maskwire\.internal$/];

/** Node's list of alternative names; what has other characters than a plain name is in quotes. */
const nameForm = /([^,":]+:(?:"(?:[^"\\]|\\.)*"|[^,"]*))(?:, |$)/y;

/** @returns undefined where there is none, and where names tell of several. */
function roleOf(alternativeNames: string): CertificateRole | undefined {
  const found = new Set(namesIn(alternativeNames).flatMap(roleIn));
  const [role] = found;
  return found.size === 1 ? role : undefined;
}

function namesIn(text: string): string[] {
  const form = new RegExp(nameForm);
  const names: string[] = [];
  while (form.lastIndex < text.length) {
    const [, name] = form.exec(text) ?? [];
    // Not as Node writes it: nothing in it is believed.
    if (name === undefined) return [];
    names.push(name);
  }
  return names;
}

function roleIn(name: string): CertificateRole[] {
  const [, word] = roleForms.map((form) => form.exec(name)).find(Boolean) ?? [];
  return certificateRoles.filter((role) => role === word);
}
