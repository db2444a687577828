import { join } from "node:path";
import type { Server } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { projectRoot } from "../project-root.js";

/** Server reflection, v1 and v1alpha, so that grpcurl and the like need no .proto files. */
export function addReflection(server: Server, services: string[]): void {
  const folder = join(projectRoot, "proto");
  const definitions = loadSync(["maskwire/v1/encoder.proto", "maskwire/v1/decoder.proto"], { includeDirs: [folder] });
  new ReflectionService(definitions, { services }).addToServer(server);
}
