import type { EventEmitter } from "node:events";
import type { DescMethod } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { callerAt, callerHeader, isCallerKey } from "../callers/caller.js";
import { checkTenant, tenantHeader } from "../callers/tenant.js";
import { Code, ServiceError } from "../errors.js";
import { type Origin, originHeaders, readOrigin } from "../tracing/origin.js";
import { noSpan, type Span, type SpanAttributes, startSpan } from "../tracing/spans.js";

/** One stream of many prompts outlives each of them: they carry their own trace context, and have their own spans. */
const isTracedByMessage = (method: DescMethod) =>
  method.methodKind === "bidi_streaming" && "traceparent" in method.input.field;

export const spanName = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;

export const rpcAttributes = ({ parent, name }: DescMethod): SpanAttributes => ({
  "rpc.system": "grpc",
  "rpc.service": parent.typeName,
  "rpc.method": name,
});

/** The caller's side: what its metadata says of whom it is for, and its span where that has a trace. */
export function traceCall(
  method: DescMethod,
  address: string,
  origin: Origin | undefined,
): { metadata: Metadata; watch(call: EventEmitter): void } {
  const metadata = new Metadata();
  if (!origin) return { metadata, watch: () => {} };
  const { request, session, traceparent, caller, tenant } = origin;
  const span = traceparent
    ? startSpan(spanName(method), {
        kind: "client",
        parent: traceparent,
        attributes: { ...rpcAttributes(method), "server.address": address },
      })
    : noSpan;
  if (request) metadata.set(originHeaders.request, request);
  if (session) metadata.set(originHeaders.session, session);
  if (span.traceparent) metadata.set(originHeaders.traceparent, span.traceparent);
  if (caller) metadata.set(callerHeader, caller);
  if (tenant !== undefined) metadata.set(tenantHeader, tenant);
  return {
    metadata,
    watch: (call) => {
      if (span === noSpan) return;
      call.once("status", ({ code, details }: { code: Code; details: string }) =>
        span.end(code === Code.OK ? undefined : new ServiceError({ code, message: details })),
      );
    },
  };
}

/** A call as its handler sees it: what came with it, and from where. */
interface ReceivedCall {
  readonly metadata: Metadata;
  getPeer(): string;
}

/** What a call's peer is when it is in the same process. */
export const sameProcess = "in-process";

/**
 * The server's side: whom a call is for, and its span.
 * @param trustsPeers peers on the network are our own gateways, whose word about who asks, and for which tenant, is taken.
 * @returns `fault` for what such a peer cannot mean: without its tenant the call would see other pictures.
 */
export function receiveCall(
  method: DescMethod,
  call: ReceivedCall,
  trustsPeers: boolean,
): { origin: Origin; span: Span; fault?: unknown } {
  const { metadata } = call;
  const origin = readOrigin((name) => metadata.get(name)[0]);
  const believed = trustsPeers || call.getPeer() === sameProcess;
  origin.caller = callerOf(call, believed);
  let fault: unknown;
  try {
    if (believed) origin.tenant = tenantOf(metadata);
  } catch (error) {
    fault = error;
  }
  if (isTracedByMessage(method)) return { origin, span: noSpan, fault };
  const { request, session, traceparent } = origin;
  const span = startSpan(spanName(method), {
    kind: "server",
    parent: traceparent,
    attributes: { ...rpcAttributes(method), ...originAttributes({ request, session }) },
  });
  return { origin, span, fault };
}

export function originAttributes({ request, session }: Origin): SpanAttributes {
  return {
    ...(request === undefined ? {} : { "maskwire.request": request }),
    ...(session === undefined ? {} : { "maskwire.session": session }),
  };
}

/** Whom a gateway has named, and else whoever is at the other end of the connection. */
function callerOf(call: ReceivedCall, believed: boolean): string {
  const named = believed ? call.metadata.get(callerHeader)[0] : undefined;
  // grpc-js adds the port, to IPv6 as well and without brackets.
  return isCallerKey(named) ? named : callerAt(call.getPeer().replace(/:\d+$/, "")).key;
}

/** @throws ServiceError INVALID_ARGUMENT for what is no tenant's name, or is two. */
function tenantOf(metadata: Metadata): string | undefined {
  const named = metadata.get(tenantHeader);
  return named.length === 0 ? undefined : checkTenant(named.join(","));
}
