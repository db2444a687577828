import { invalidArgument, type ServiceError } from "../errors.js";
import { MessageError } from "./codec.js";

/** Stands for a request that could not be read: grpc-js would call it a fault of the server, and say no more of it. */
export class Unreadable {
  readonly error: ServiceError;

  constructor(kind: string, cause: unknown) {
    const why = cause instanceof MessageError ? ` ${cause.message}` : "";
    this.error = invalidArgument(`The request is no ${kind} in protobuf.${why}`);
  }
}
