import { join } from "node:path";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import { asIs, path } from "./bare-service-contract.js";

/** What a click costs beside the model with nothing of ours: see `bare-service-process`. */
export class BareService implements AsyncDisposable {
  readonly #child: Child;
  readonly #client: Client;
  readonly #answers: AsyncIterator<Buffer>;
  readonly #send: (bytes: Buffer) => void;

  private constructor(child: Child, address: string) {
    this.#child = child;
    this.#client = new Client(address, credentials.createInsecure());
    const call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs, new Metadata());
    this.#answers = call[Symbol.asyncIterator]();
    this.#send = (bytes) => call.write(bytes);
  }

  static async start(): Promise<BareService> {
    const entry = join(projectRoot, "dist", "test", "bench", "bare-service-process.js");
    const child = new Child(process.execPath, [entry], { env: { PATH: process.env.PATH ?? "" } });
    const [, port] = await child.line(/^port (\d+)$/);
    return new BareService(child, `127.0.0.1:${port}`);
  }

  /** @returns milliseconds of one question and its answer, without those of the model's run. */
  async click(): Promise<number> {
    const askedAt = performance.now();
    this.#send(Buffer.alloc(requestBytes));
    const { value } = await this.#answers.next();
    return performance.now() - askedAt - (value as Buffer).readDoubleLE(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#child[Symbol.asyncDispose]();
  }
}

/** About a click's. */
const requestBytes = 120;
