import type { Http2Session, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { Code } from "../errors.js";
import { longestTimerMs } from "../longest-timer.js";
import { FirstRequests } from "./first-requests.js";

/** What of grpc-js is guarded, and the version in which it was read. Another version: see this file's test. */
export const guardedVersion = "1.14.7";

/**
 * Looks at every call before grpc-js does. In grpc-js 1.14.7 a stranger can end the process, have a call with a far deadline
 * refused at once, have a header of 64 KB repeated in an answer that is then too large to be sent, and wait for ever for the
 * status of a call whose deadline has passed. What is refused here is answered with a fixed sentence; what is let through,
 * grpc-js handles as ever.
 *
 * For its maintainers (https://github.com/grpc/grpc-node/issues), ready to paste:
 *
 * > **A peer can end a server: uncaught ERR_HTTP2_INVALID_STREAM in `Server._streamHandler`.** HEADERS that are answered before
 * > any handler runs (a content type other than application/grpc, or a method that is not registered) and RST_STREAM
 * > of the same stream in one packet: nghttp2 has closed the stream by the time that Node emits `stream`, so that
 * > `stream.respond()` in `_verifyContentType` and in `_respondWithError` throws inside an event listener, and the process
 * > exits. `_channelzHandler` has the same two calls. Suggested: return early where `stream.destroyed || stream.closed` (both:
 * > `respond` looks at both), as `BaseServerInterceptingCall.checkCancelled` does. Two more of the kind in
 * > `handleTimeoutHeader`: `(value * unit) | 0` wraps for deadlines of 2^31 ms and more, so that a client's deadline of 30 days
 * > is exceeded at once (clamp to 2147483647), and the error for a malformed grpc-timeout, like those for an unknown path
 * > and an unknown grpc-encoding, repeats a header of any length in grpc-message, which may exceed what the peer takes.
 * >
 * > **A call whose deadline passes between two messages of its answer gets no status.** `BaseServerInterceptingCall.sendStatus`
 * > ends the stream and waits for `wantTrailers`. A message that the handler has written before is then handed to
 * > `sendMessage`, whose `stream.write()` fails with ERR_STREAM_WRITE_AFTER_END. A stream that has errored is never
 * > finished, so that `wantTrailers` is not emitted and the client hears nothing. The same holds for every status that is not
 * > the handler's own, as that of a message that does not inflate. Suggested: `sendMessage` notifies of the cancellation and
 * > returns where `this.wantTrailers`.
 *
 * A request of one message that does not come is given up too: nobody works on it, so that no handler's deadline ends it. So
 * is a connection whose first request does not come.
 */
export function guardStreams(server: Server, { requestBytes, requestMs, silentMs }: StreamLimits): void {
  const guarded = server as unknown as GuardedServer;
  const handle = guarded._streamHandler;
  const handleSession = guarded._sessionHandler;
  const firstRequests = new FirstRequests({ silentMs, mostMs: requestMs });
  const views = new Map<number, GuardedServer>();
  const viewOf = (bytes: number): GuardedServer => {
    const known = views.get(bytes);
    if (known) return known;
    const options = { ...guarded.options, "grpc.max_receive_message_length": bytes };
    const view = Object.create(guarded, { options: { value: options } }) as GuardedServer;
    views.set(bytes, view);
    return view;
  };
  guarded._streamHandler = (interceptors, stream, headers) => {
    // The peer has taken the call back already: nobody waits for an answer, and none can be sent.
    if (stream.destroyed || stream.closed) {
      stream.on("error", () => {});
      return;
    }
    const path = headers[":path"] ?? "";
    const refusal = refusalOf(headers, guarded.handlers.has(path));
    if (refusal) {
      stream.on("error", () => {});
      stream.respond(refusal, { endStream: true });
      // Whatever the peer still sends is not waited for.
      stream.close();
      return;
    }
    clampTimeout(headers);
    dropLateWrites(stream);
    const isOne = oneRequest.includes(guarded.handlers.get(path)?.type ?? "");
    if (isOne) expectRequest(stream, requestMs);
    firstRequests.hear(stream, isOne);
    handle.call(viewOf(requestBytes(path)), interceptors, stream, headers);
  };
  guarded._sessionHandler = (http2Server) => {
    const begin = handleSession.call(guarded, http2Server);
    return (session) => {
      firstRequests.expect(session);
      begin(session);
    };
  };
}

interface StreamLimits {
  /** The largest message that a method's caller may send. */
  requestBytes: (path: string) => number;
  /** How long a request of one message may take to come. */
  requestMs: number;
  /** How long a peer may send nothing before its first request has come. */
  silentMs: number;
}

/** The parts of grpc-js's server that are used here; private in its types. */
interface GuardedServer {
  readonly options: Record<string, unknown>;
  readonly handlers: ReadonlyMap<string, { readonly type: string }>;
  _streamHandler(
    this: GuardedServer,
    interceptors: unknown[],
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): void;
  _sessionHandler(this: GuardedServer, http2Server: unknown): (session: Http2Session) => void;
}

/** gRPC over HTTP/2: at most eight digits and a unit. */
const timeoutForm = /^(\d{1,8})([HMSmun])$/;
const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const encodings = ["identity", "gzip", "deflate"];

function refusalOf(headers: IncomingHttpHeaders, isKnown: boolean): OutgoingHttpHeaders | undefined {
  if (!headers["content-type"]?.startsWith("application/grpc")) return { ":status": 415 };
  if (!isKnown) return status(Code.UNIMPLEMENTED, "The server has no such method.");
  const { "grpc-timeout": timeout, "grpc-encoding": encoding } = headers;
  if (timeout !== undefined && !timeoutForm.test(String(timeout))) {
    return status(
      Code.INVALID_ARGUMENT,
      "The header grpc-timeout is one to eight digits and one of H, M, S, m, u and n.",
    );
  }
  if (encoding !== undefined && !encodings.includes(String(encoding))) {
    return status(Code.UNIMPLEMENTED, `Messages are taken in these encodings: ${encodings.join(", ")}.`);
  }
  return undefined;
}

const status = (code: Code, message: string): OutgoingHttpHeaders => ({
  ":status": 200,
  "content-type": "application/grpc+proto",
  "grpc-status": code,
  "grpc-message": encodeURI(message),
});

/** As grpc-js calls the kinds of methods. */
const oneRequest = ["unary", "serverStream"];

function expectRequest(stream: ServerHttp2Stream, requestMs: number): void {
  const late = () => {
    stream.on("error", () => {});
    if (stream.headersSent || stream.destroyed || stream.closed) return;
    stream.respond(status(Code.DEADLINE_EXCEEDED, "The request did not come in time."), { endStream: true });
    stream.close();
  };
  const timer = setTimeout(late, requestMs).unref();
  for (const event of ["end", "close"]) stream.once(event, () => clearTimeout(timer));
}

/** A deadline that no timer reaches is as good as the latest that one does. */
function clampTimeout(headers: IncomingHttpHeaders): void {
  const [, digits, unit] = timeoutForm.exec(String(headers["grpc-timeout"] ?? "")) ?? [];
  if (digits === undefined || unit === undefined) return;
  if (Number(digits) * (unitMs[unit] as number) <= longestTimerMs) return;
  headers["grpc-timeout"] = `${Math.floor(longestTimerMs / 1000)}S`;
}

/** What comes behind the end of a stream fails by itself: as an error of the stream's it would keep the status from being sent. */
function dropLateWrites(stream: ServerHttp2Stream): void {
  const write: Write = stream.write.bind(stream);
  const guarded: Write = (message, done) => {
    if (!stream.writableEnded) return write(message, done);
    // Has grpc-js tell the handler that its call is over.
    process.nextTick(done, new Error("The call has its status already."));
    return false;
  };
  stream.write = guarded as ServerHttp2Stream["write"];
}

/** As grpc-js calls it. */
type Write = (message: Buffer, done: (error?: Error | null) => void) => boolean;
