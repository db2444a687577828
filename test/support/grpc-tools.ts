import { join } from "node:path";
import {
  type ClientDuplexStream,
  credentials,
  Client as GrpcClient,
  type ServiceError as RpcError,
} from "@grpc/grpc-js";
import { loadSync, type MethodDefinition, type ServiceDefinition } from "@grpc/proto-loader";
import { fromRpcError } from "../../services/runtime/grpc/status.js";
import { projectRoot } from "../../services/runtime/project-root.js";

/*
 * The standard services as any gRPC tool calls them, from the .proto files of the packages that serve them: nothing of
 * our own client is in between.
 */

const packages = join(projectRoot, "node_modules");
const healthProto = join(packages, "grpc-health-check", "proto", "health", "v1", "health.proto");
const reflectionProto = join(
  packages,
  "@grpc",
  "reflection",
  "build",
  "proto",
  "grpc",
  "reflection",
  "v1",
  "reflection.proto",
);

function methodOf(file: string, service: string, method: string): MethodDefinition<object, object> {
  const definition = loadSync(file, { enums: String })[service] as ServiceDefinition;
  return definition[method] as MethodDefinition<object, object>;
}

/** The status of a service, "" for the whole process. @throws ServiceError NOT_FOUND for one that is not known. */
export async function healthOf(url: string, service: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = methodOf(healthProto, "grpc.health.v1.Health", "Check");
  const client = new GrpcClient(new URL(url).host, credentials.createInsecure());
  try {
    const reply = await new Promise<object | undefined>((resolve, reject) => {
      const done = (error: RpcError | null, value?: object) => (error ? reject(fromRpcError(error)) : resolve(value));
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, done);
    });
    return (reply as { status: string }).status;
  } finally {
    client.close();
  }
}

/** The statuses of a service as they change, until the server ends the stream or the connection. */
export async function* watchHealth(url: string, service: string): AsyncGenerator<string> {
  const { path, requestSerialize, responseDeserialize } = methodOf(healthProto, "grpc.health.v1.Health", "Watch");
  const client = new GrpcClient(new URL(url).host, credentials.createInsecure());
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  try {
    for await (const reply of call) yield (reply as { status: string }).status;
  } catch {
    // That the process is gone is the end that is waited for.
  } finally {
    call.cancel();
    client.close();
  }
}

/** What the server's reflection lists, and for each symbol whether it is described. */
export async function reflect(url: string, symbols: string[]): Promise<{ services: string[]; described: string[] }> {
  const { path, requestSerialize, responseDeserialize } = methodOf(
    reflectionProto,
    "grpc.reflection.v1.ServerReflection",
    "ServerReflectionInfo",
  );
  const client = new GrpcClient(new URL(url).host, credentials.createInsecure());
  const call: ClientDuplexStream<object, object> = client.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
  );
  const answers = call[Symbol.asyncIterator]();
  const ask = async (request: object) => {
    call.write(request);
    return (await answers.next()).value as {
      listServicesResponse?: { service: { name: string }[] };
      fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
    };
  };
  try {
    const services = (await ask({ listServices: "" })).listServicesResponse?.service.map(({ name }) => name) ?? [];
    const described: string[] = [];
    for (const symbol of symbols) {
      const { fileDescriptorResponse } = await ask({ fileContainingSymbol: symbol });
      if (fileDescriptorResponse?.fileDescriptorProto.length) described.push(symbol);
    }
    return { services, described };
  } finally {
    call.end();
    client.close();
  }
}
