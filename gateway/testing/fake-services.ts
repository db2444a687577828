import { setMaxListeners } from "node:events";
import type { DescService } from "@bufbuild/protobuf";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { DatasetService, DecoderService, EncoderService } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { type MethodScopes, type ServiceImplementation, serve } from "../../services/runtime/grpc/serve.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";

type EncoderMethods = ServiceImplementation<typeof EncoderService>;
type DecoderMethods = ServiceImplementation<typeof DecoderService>;
type DatasetMethods = ServiceImplementation<typeof DatasetService>;

export interface FakeServices extends AsyncDisposable {
  address: string;
  server: Server;
  logger: ReturnType<typeof fakeLogger>;
}

const unused = async (): Promise<never> => {
  throw new ServiceError({ code: Code.UNIMPLEMENTED, message: "Not in this test." });
};

/** Of anyone: these are methods that only peers call, too. */
function needingNothing<S extends DescService>({ methods }: S): MethodScopes<S> {
  return Object.fromEntries(methods.map(({ localName }) => [localName, "segment"])) as MethodScopes<S>;
}

/** Real gRPC servers of the contract on a free port, with the methods that a test gives. */
export async function startServices(
  methods: { encoder?: Partial<EncoderMethods>; decoder?: Partial<DecoderMethods>; dataset?: Partial<DatasetMethods> },
  port = 0,
  { trustsPeers = false } = {},
): Promise<FakeServices> {
  const server = new Server();
  const logger = fakeLogger();
  const { signal } = new AbortController();
  // Every call listens to it.
  setMaxListeners(0, signal);
  const unusedOf = ({ methods }: DescService) =>
    Object.fromEntries(methods.map(({ localName }) => [localName, unused]));
  serve(server, EncoderService, { ...unusedOf(EncoderService), ...methods.encoder } as EncoderMethods, {
    signal,
    logger,
    trustsPeers,
    scopes: needingNothing(EncoderService),
  });
  serve(server, DecoderService, { ...unusedOf(DecoderService), ...methods.decoder } as DecoderMethods, {
    signal,
    logger,
    trustsPeers,
    scopes: needingNothing(DecoderService),
  });
  serve(server, DatasetService, { ...unusedOf(DatasetService), ...methods.dataset } as DatasetMethods, {
    signal,
    logger,
    trustsPeers,
    scopes: needingNothing(DatasetService),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, free) =>
      error ? reject(error) : resolve(free),
    );
  });
  return {
    address: `127.0.0.1:${bound}`,
    server,
    logger,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
