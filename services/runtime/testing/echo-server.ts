import { createServer } from "node:http";
import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Logger } from "pino";
import type { Audit } from "../audit/audit.js";
import type { Access } from "../callers/access.js";
import type { Quota } from "../callers/quota.js";
import { RpcClient } from "../grpc/client.js";
import { createGrpcServer } from "../grpc/grpc-server.js";
import { InProcessServer } from "../grpc/in-process.js";
import { type MethodScopes, type ServiceImplementation, serve } from "../grpc/serve.js";
import { OnePort } from "../one-port.js";
import { Echo, echoScopes } from "./echo-service.js";
import { fakeLogger } from "./fake-logger.js";

interface EchoServer extends AsyncDisposable {
  client: RpcClient;
  /** A client of its own connection. */
  connect(): RpcClient;
  logger: Logger & { lines: Record<string, unknown>[] };
  /** The signal that the service joins to every call. */
  stopping: AbortController;
  /** Begins to tell its health. */
  tellHealth(status: "SERVING" | "NOT_SERVING"): HealthImplementation;
  /** Goes without a word, as a process that dies. */
  vanish(): void;
}

type Methods = Partial<ServiceImplementation<typeof Echo>>;

/** A server with that service, and how it is reached. */
export type StartEcho = (implementation: Methods, options?: EchoOptions) => Promise<EchoServer>;

interface EchoOptions {
  trustsPeers?: boolean;
  access?: Access;
  quota?: Quota;
  audit?: Audit;
  scopes?: MethodScopes<typeof Echo>;
}

interface Transport {
  server: Pick<Server, "addService">;
  connect(): RpcClient;
  vanish(): void;
}

async function start(
  implementation: Methods,
  options: EchoOptions,
  open: (add: (server: Transport["server"]) => void) => Promise<Transport>,
) {
  const logger = fakeLogger();
  const stopping = new AbortController();
  const whole = {
    say: async ({ value }: { value: string }) => ({ value }),
    join: async () => ({}),
    chat: async () => {},
    ...implementation,
  };
  const { server, connect, vanish } = await open((server) =>
    serve(server, Echo, whole, { signal: stopping.signal, logger, scopes: echoScopes, ...options }),
  );
  const clients: RpcClient[] = [];
  const reach = () => {
    const client = connect();
    clients.push(client);
    return client;
  };
  return {
    client: reach(),
    connect: reach,
    logger,
    stopping,
    tellHealth(status: "SERVING" | "NOT_SERVING") {
      const health = new HealthImplementation({ tier: status });
      health.addToServer(server as Server);
      return health;
    },
    vanish,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      vanish();
    },
  };
}

/** A real gRPC server on a free port. */
export const startEcho: StartEcho = (implementation, options = {}) =>
  start(implementation, options, async (add) => {
    const server = createGrpcServer();
    add(server);
    const onePort = new OnePort(createServer(), server);
    const port = await onePort.listen("127.0.0.1", 0);
    const vanish = () => {
      onePort.stopListening();
      server.forceShutdown();
      onePort.destroyConnections();
    };
    return { server, connect: () => new RpcClient(`127.0.0.1:${port}`), vanish };
  });

/** The same within this process. */
export const startEchoInProcess: StartEcho = (implementation, options = {}) =>
  start(implementation, options, async (add) => {
    const server = new InProcessServer();
    add(server);
    return { server, connect: () => new RpcClient("in-process", {}, server.connect()), vanish: () => server.close() };
  });

/** What carries calls: each keeps the same contract. */
export const transports: [name: string, start: StartEcho][] = [
  ["a connection", startEcho],
  ["the process", startEchoInProcess],
];
