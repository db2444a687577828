import type { EventEmitter } from "node:events";
import type { DescMethod } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import { callerHeader } from "../callers/caller.js";
import { principalHeader, principalToHeader } from "../callers/principal-id.js";
import { tenantHeader } from "../callers/tenant.js";
import { Code, ServiceError } from "../errors.js";
import { type Origin, originHeaders, readOrigin } from "../tracing/origin.js";
import { noSpan, type Span, type SpanAttributes, startSpan } from "../tracing/spans.js";
import type { ReceivedCall } from "./admit-call.js";

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
  const { request, session, traceparent, caller, tenant, principal } = origin;
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
  if (principal !== undefined) metadata.set(principalHeader, principalToHeader(principal));
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

/** The server's side: what a call says of itself, and its span. Who asks is for `admitCall` to tell. */
export function receiveCall(method: DescMethod, { metadata }: ReceivedCall): { origin: Origin; span: Span } {
  const origin = readOrigin((name) => metadata.get(name)[0]);
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
