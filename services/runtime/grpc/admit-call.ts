import type { DescMethod } from "@bufbuild/protobuf";
import type { Metadata } from "@grpc/grpc-js";
import { type Access, requireScope } from "../callers/access.js";
import { asCaller, callerAt, callerHeader, isCallerKey } from "../callers/caller.js";
import { anyone, type Principal, type Scope } from "../callers/principal.js";
import { principalFromHeader, principalHeader } from "../callers/principal-id.js";
import { checkTenant, tenantHeader } from "../callers/tenant.js";
import { type Authenticated, certificateOf, requireRole, speaksForOthers } from "../tls/certificate-role.js";
import type { Origin } from "../tracing/origin.js";

/** A call as its handler sees it: what came with it, and from where. */
export interface ReceivedCall extends Authenticated {
  readonly metadata: Metadata;
  getPeer(): string;
}

/** What a call's peer is when it is in the same process. */
export const sameProcess = "in-process";

export interface CallRules {
  readonly access: Access;
  /** Where nobody is asked: peers on the network are our own gateways, whose word about who asks is taken. */
  readonly trustsPeers: boolean;
  /** Peers on the network are asked for certificates, and these tell which of them is a gateway of ours. */
  readonly asksCertificates: boolean;
  /** What a method needs. */
  readonly scopeOf: (method: DescMethod) => Scope;
}

/** Who has called, and for whom. */
export interface Admitted {
  readonly principal: Principal;
  readonly on: Pick<Origin, "caller" | "tenant" | "principal">;
  /** A gateway asks it for somebody, and knows who that is. */
  readonly isForOthers: boolean;
}

/**
 * Lets a call in, or not. Gateways speak for those who asked them; everybody else for themselves.
 * @param onKnown told of who has shown to be somebody, also where that one is refused then.
 * @throws ServiceError UNAUTHENTICATED, PERMISSION_DENIED, and INVALID_ARGUMENT for a tenant that is none.
 */
export function admitCall(
  method: DescMethod,
  call: ReceivedCall,
  { access, trustsPeers, asksCertificates, scopeOf }: CallRules,
  onKnown: (principal: Principal) => void = () => {},
): Admitted | Promise<Admitted> {
  const isInProcess = call.getPeer() === sameProcess;
  const isAsked = asksCertificates && !isInProcess;
  const certificate = isAsked ? certificateOf(call) : undefined;
  if (certificate) requireRole(method, certificate);
  const isTrusted = isInProcess || speaksForOthers(certificate) || (access.isOpen && trustsPeers && !isAsked);
  if (isTrusted) return { principal: anyone, on: named(call), isForOthers: isInProcess || namesCaller(call) };
  const admit = (principal: Principal): Admitted => {
    onKnown(principal);
    // A key does not make a gateway of who has shown to be something else.
    if (principal.scopes.has("peer") && !certificate) {
      return { principal, on: named(call), isForOthers: namesCaller(call) };
    }
    if (isAsked) requireRole(method, certificate);
    requireScope(principal, scopeOf(method));
    const { key: caller, tenant } = asCaller(principal, at(call));
    // A gateway whose key lacks the scope would show everybody's pictures to everybody.
    const said = textOf(call, tenantHeader);
    if (tenant !== undefined && said !== undefined && said !== tenant) requireScope(principal, "peer");
    return {
      principal,
      on: { caller, ...(tenant === undefined ? {} : { tenant, principal: principal.id }) },
      isForOthers: false,
    };
  };
  const identified = access.identify({ authorization: textOf(call, "authorization") });
  return identified instanceof Promise ? identified.then(admit) : admit(identified);
}

const namesCaller = (call: ReceivedCall) => isCallerKey(textOf(call, callerHeader));

/** Whom a gateway has named, and else whoever is at the other end of the connection. */
function named(call: ReceivedCall): Admitted["on"] {
  const caller = textOf(call, callerHeader);
  // Two are none: without its own tenant a call would see other pictures.
  const tenants = call.metadata.get(tenantHeader);
  const tenant = tenants.length === 0 ? undefined : checkTenant(tenants.join(","));
  const principals = call.metadata.get(principalHeader);
  return {
    caller: isCallerKey(caller) ? caller : at(call).key,
    ...(tenant === undefined ? {} : { tenant }),
    ...(principals.length === 0 ? {} : { principal: principalFromHeader(principals.join(",")) }),
  };
}

/** The other end of the connection. grpc-js adds the port, to IPv6 as well and without brackets. */
export const addressOf = (call: Pick<ReceivedCall, "getPeer">) => call.getPeer().replace(/:\d+$/, "");

const at = (call: ReceivedCall) => callerAt(addressOf(call));

function textOf({ metadata }: ReceivedCall, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === "string" ? value : undefined;
}
