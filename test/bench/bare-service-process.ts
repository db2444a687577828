import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { testSettings } from "../support/start-maskwire.js";
import { asIs, path } from "./bare-service-contract.js";
import { bareSteps } from "./bare-step.js";

/*
 * The least that a split into a gRPC server and a worker thread can cost on a machine: grpc-js passes bytes through, the
 * worker runs the step graph as the service does, and the answer is as long as a click's, its first eight bytes the
 * milliseconds of the run. No prompt is read, no mask traced, no message coded.
 */

/** About a click's with its three masks. */
const answerBytes = 6000;

const { runners } = await bareSteps(1, { threads: testSettings().decoder.threads });
const [runner] = runners;
const server = new Server();
const options = {
  path,
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
server.addService(
  { run: options },
  {
    run(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on("data", async () => {
        const answer = Buffer.alloc(answerBytes);
        answer.writeDoubleLE((await runner?.run()) ?? 0);
        call.write(answer);
      });
      call.on("end", () => call.end());
    },
  },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`port ${port}\n`);
});
