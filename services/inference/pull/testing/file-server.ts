import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { Authority } from "../../../runtime/testing/authority.js";

interface Manner {
  /** Breaks each connection off after so many bytes of an answer, one number a request; then no more. */
  breaks?: number[];
  ignoresRanges?: boolean;
  /** Sends so many bytes of each answer and then nothing more, until that is taken away. */
  stalls?: number;
  /** Without a length, so that only what comes says how much there is. */
  isChunked?: boolean;
  status?: number;
  redirect?: string;
}

/** Files over HTTPS on this machine, from a server with habits. */
export class FileServer implements AsyncDisposable {
  readonly authority = new Authority();
  readonly #files = new Map<string, { bytes: Uint8Array; manner: Manner }>();
  readonly #server: Server;
  /** The `range` of each request, or "". */
  readonly ranges: string[] = [];

  private constructor() {
    const { cert, key } = this.authority.issue("localhost");
    this.#server = createServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      ({ url = "", headers }, response) => {
        this.ranges.push(headers.range ?? "");
        const file = this.#files.get(new URL(url, "https://localhost").pathname);
        if (file) answer(response, file.bytes, file.manner, headers.range);
        else response.writeHead(404).end();
      },
    );
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @returns its address. */
  serve(path: string, bytes: Uint8Array, manner: Manner = {}): string {
    this.#files.set(path, { bytes, manner });
    return `https://localhost:${this.port}${path}`;
  }

  /** Connections that believe its certificate. */
  dispatcher(): Dispatcher {
    return new Agent({ connect: { ca: this.authority.pem } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
    this.authority[Symbol.dispose]();
  }
}

function answer(response: ServerResponse, bytes: Uint8Array, manner: Manner, range: string | undefined): void {
  const { breaks, stalls, ignoresRanges, isChunked, status, redirect } = manner;
  if (redirect !== undefined) return void response.writeHead(302, { location: redirect }).end();
  if (status !== undefined) return void response.writeHead(status).end("no");
  const from = ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const rest = bytes.subarray(from);
  const length = isChunked ? {} : { "content-length": rest.length };
  if (from > 0)
    response.writeHead(206, { ...length, "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  else response.writeHead(200, length);
  if (stalls !== undefined) return void response.write(rest.subarray(0, stalls));
  const cut = breaks?.shift();
  if (cut === undefined || cut >= rest.length) response.end(rest);
  else response.write(rest.subarray(0, cut), () => setImmediate(() => response.socket?.destroy()));
}
