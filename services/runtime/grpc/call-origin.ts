import type { EventEmitter } from "node:events";
import type { DescMethod } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { callerAt, callerHeader, isCallerKey } from "../callers/caller.js";
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
  const { request, session, traceparent, caller } = origin;
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
 * @param trustsPeers peers on the network are our own gateways, whose word about who asks is taken.
 */
export function receiveCall(
  method: DescMethod,
  call: ReceivedCall,
  trustsPeers: boolean,
): { origin: Origin; span: Span } {
  const { metadata } = call;
  const origin = readOrigin((name) => metadata.get(name)[0]);
  origin.caller = callerOf(call, trustsPeers);
  if (isTracedByMessage(method)) return { origin, span: noSpan };
  const { request, session, traceparent } = origin;
  const span = startSpan(spanName(method), {
    kind: "server",
    parent: traceparent,
    attributes: { ...rpcAttributes(method), ...originAttributes({ request, session }) },
  });
  return { origin, span };
}

export function originAttributes({ request, session }: Origin): SpanAttributes {
  return {
    ...(request === undefined ? {} : { "maskwire.request": request }),
    ...(session === undefined ? {} : { "maskwire.session": session }),
  };
}

/** Whom a gateway has named, and else whoever is at the other end of the connection. */
function callerOf(call: ReceivedCall, trustsPeers: boolean): string {
  const peer = call.getPeer();
  const named = trustsPeers || peer === sameProcess ? call.metadata.get(callerHeader)[0] : undefined;
  // grpc-js adds the port, to IPv6 as well and without brackets.
  return isCallerKey(named) ? named : callerAt(peer.replace(/:\d+$/, "")).key;
}
