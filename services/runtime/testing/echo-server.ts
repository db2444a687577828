import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { RpcClient } from "../grpc/client.js";
import { type ServiceImplementation, serve } from "../grpc/serve.js";
import { Echo } from "./echo-service.js";
import { fakeLogger } from "./fake-logger.js";

export interface EchoServer extends AsyncDisposable {
  server: Server;
  client: RpcClient;
  logger: Logger & { lines: Record<string, unknown>[] };
  /** The signal that the service joins to every call. */
  stopping: AbortController;
}

/** A real gRPC server on a free port, and a client of it. */
export async function startEcho(implementation: Partial<ServiceImplementation<typeof Echo>>): Promise<EchoServer> {
  const server = new Server();
  const logger = fakeLogger();
  const stopping = new AbortController();
  const whole = {
    say: async ({ value }: { value: string }) => ({ value }),
    join: async () => ({}),
    chat: async () => {},
    ...implementation,
  };
  serve(server, Echo, whole, { signal: stopping.signal, logger });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new RpcClient(`127.0.0.1:${port}`);
  return {
    server,
    client,
    logger,
    stopping,
    async [Symbol.asyncDispose]() {
      client.close();
      server.forceShutdown();
    },
  };
}
