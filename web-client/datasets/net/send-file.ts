import { type DescMessage, fromJsonString, type MessageShape } from "@bufbuild/protobuf";
import { pageGateway } from "../../access/bearer.js";
import { problemOf } from "./ask-service.js";

/** Sends a file and tells how far it is, which `fetch` does not. @param onSent 0 to 1. @throws ServiceProblem; whatever aborted the signal. */
export function sendFile<Answer extends DescMessage>(
  schema: Answer,
  path: string,
  file: Blob,
  onSent: (share: number) => void,
  signal?: AbortSignal,
): Promise<MessageShape<Answer>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => onSent(total === 0 ? 0 : loaded / total));
    const leave = () => request.abort();
    const fail = () => {
      const { status, responseText } = request;
      reject(
        signal?.aborted ? signal.reason : problemOf(status, responseText, request.getResponseHeader("retry-after")),
      );
    };
    for (const name of ["error", "timeout", "abort"] as const) request.addEventListener(name, fail);
    request.addEventListener("load", () => {
      if (request.status < 200 || request.status > 299) return fail();
      try {
        resolve(fromJsonString(schema, request.responseText, { ignoreUnknownFields: true }));
      } catch {
        fail();
      }
    });
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", leave));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener("abort", leave);
    request.open("POST", path);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    for (const [name, value] of Object.entries(pageGateway.headers())) request.setRequestHeader(name, value);
    request.send(file);
  });
}
