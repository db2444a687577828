import { anyone } from "../callers/principal.js";
import type { CallContext } from "../grpc/serve.js";
import { noSpan } from "../tracing/spans.js";
import { fakeLogger } from "./fake-logger.js";

/** A call that a test makes without a connection. */
export function callContext(init: Partial<CallContext> = {}): CallContext {
  return {
    signal: new AbortController().signal,
    origin: {},
    principal: anyone,
    span: noSpan,
    logger: fakeLogger(),
    take: () => ({ correct: () => {} }),
    audited: { does: () => {}, ended: () => {} },
    ...init,
  };
}
