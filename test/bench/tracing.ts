import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { cpuSeconds } from "./load/cpu-seconds.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";
import { mean, median, p50p95 } from "./statistics.js";

const warmUpRounds = 40;
const rounds = 200;
/** Clicks in a row for the processor time, which the kernel tells in hundredths of a second. */
const blockClicks = 50;
const blocks = 4;
type Way = "off" | "one in a hundred" | "all";

export const suite: Suite = {
  title: `${rounds} warm clicks without traces, interleaved with as many of which one in a hundred or every one is traced`,
  async run(say): Promise<Outcome> {
    await using collector = await Collector.start();
    const sampled = { ...collector.env, OTEL_TRACES_SAMPLER: "parentbased_traceidratio" };
    const ways: Record<Way, Record<string, string>> = {
      off: {},
      "one in a hundred": { ...sampled, OTEL_TRACES_SAMPLER_ARG: "0.01" },
      all: collector.env,
    };
    const people: [Way, Person][] = [];
    try {
      for (const [way, env] of Object.entries(ways)) people.push([way as Way, await Person.start(env)]);
      const clickMs: Record<Way, number[]> = { off: [], "one in a hundred": [], all: [] };
      for (let index = 0; index < warmUpRounds + rounds; index++) {
        // Each goes first as often as the others.
        for (const [way, person] of turned(people, index)) {
          const ms = await person.click();
          if (index >= warmUpRounds) clickMs[way].push(ms);
        }
      }
      say("clicks are measured; now their processor time");
      const cpuMs: Record<Way, number[]> = { off: [], "one in a hundred": [], all: [] };
      for (let block = 0; block < blocks; block++) {
        for (const [way, person] of turned(people, block)) cpuMs[way].push(await person.cpuMsPerClick(blockClicks));
      }
      const clicks = warmUpRounds + rounds + blocks * blockClicks;
      // Ending sends what is left.
      for (const [, person] of people.splice(0)) await person[Symbol.asyncDispose]();
      const spanBytes = collector.bytes / clicks;
      if (collector.requests === 0) throw new Error("no traces came");
      return report(clickMs, cpuMs, spanBytes);
    } finally {
      for (const [, person] of people) await person[Symbol.asyncDispose]();
    }
  },
};

const turned = <T>(all: readonly T[], by: number) => all.map((_, index) => all[(index + by) % all.length] as T);

/** A process of all roles, and a session at it. */
class Person implements AsyncDisposable {
  readonly #maskwire: MaskwireProcess;
  readonly #socket: SocketClient;
  #sequence = 0;

  private constructor(maskwire: MaskwireProcess, socket: SocketClient) {
    this.#maskwire = maskwire;
    this.#socket = socket;
  }

  static async start(env: Record<string, string>): Promise<Person> {
    const maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error", ...env });
    try {
      const { image } = await upload(maskwire.url, await jpegScene(640, 480));
      const socket = await SocketClient.join(maskwire.url);
      await socket.openReady(image?.imageId ?? "");
      return new Person(maskwire, socket);
    } catch (error) {
      await maskwire[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @returns milliseconds at the client. */
  async click(): Promise<number> {
    const sequence = ++this.#sequence;
    const { x, y } = clickOn("disc");
    const startedAt = performance.now();
    this.#socket.segment({ sequence, prompt: { points: [{ x: x + (sequence % 20), y, label: 1 }] } });
    const { outcome } = await this.#socket.next("segment");
    if (outcome.case !== "result") throw new Error(`a click was answered ${outcome.value?.message}`);
    return performance.now() - startedAt;
  }

  /** Of all threads of the process, over so many clicks. */
  async cpuMsPerClick(clicks: number): Promise<number> {
    const read = () => cpuSeconds(this.#maskwire.pid ?? 0) ?? Number.NaN;
    const before = read();
    for (let left = clicks; left > 0; left--) await this.click();
    return (1000 * (read() - before)) / clicks;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
    await this.#maskwire[Symbol.asyncDispose]();
  }
}

/** Takes traces and looks at none, so that what it does itself is in no click. */
class Collector implements AsyncDisposable {
  bytes = 0;
  requests = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, reply) => {
      this.requests++;
      request.on("data", (chunk: Buffer) => {
        this.bytes += chunk.byteLength;
      });
      request.on("end", () => reply.writeHead(200, { "content-type": "application/x-protobuf" }).end());
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function report(clickMs: Record<Way, number[]>, cpuMs: Record<Way, number[]>, bytesPerClick: number): Outcome {
  // Each against the one without traces of its own round: what the machine does meanwhile is in both.
  const over = (way: Way) => clickMs[way].map((ms, index) => ms - (clickMs.off[index] as number));
  const cpuOver = (way: Way) => mean(cpuMs[way].map((ms, index) => ms - (cpuMs.off[index] as number)));
  return {
    bars: [
      atMost("every click traced, over none: p50", median(over("all")), 1, "ms"),
      atMost("one in a hundred traced, over none: p50", median(over("one in a hundred")), 0.3, "ms"),
    ],
    detail: {
      rounds,
      "without traces, ms": p50p95(clickMs.off),
      "one in a hundred, ms": p50p95(clickMs["one in a hundred"]),
      "every click, ms": p50p95(clickMs.all),
      "processor time of a click without traces, ms": round(mean(cpuMs.off)),
      "more of it, one in a hundred, ms": round(cpuOver("one in a hundred")),
      "more of it, every click, ms": round(cpuOver("all")),
      "sent to the collector for a traced click, bytes": Math.round(bytesPerClick),
    },
  };
}
