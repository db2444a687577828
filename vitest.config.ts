import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Tests run on the compiled code: workers, paths and imports are those that ship.
const suite = (
  name: string,
  include: string[],
  timeoutMs: number,
  setupFiles: string[] = [],
  exclude: string[] = [],
) => ({
  test: {
    name,
    include,
    setupFiles: ["dist/test/support/note-processor-time.js", "dist/test/support/fail-on-warnings.js", ...setupFiles],
    exclude,
    testTimeout: timeoutMs,
    // What is polled for hangs like anything else: by itself it would have to come within a second.
    expect: { poll: { timeout: 0.8 * timeoutMs } },
    // Clusters are started in hooks, on machines that have other work too: what hangs is told a little later.
    hookTimeout: 240_000,
    pool: "forks" as const,
    // What is tested is loaded by Node itself, as where it runs; only the tests go through Vitest's own loader.
    server: { deps: { external: [/\/dist\/(?!.*\.test\.js$)/] } },
  },
});

/** Files that share processes, each of which loads the program once: most of the time of a small file would go into that. */
const shared = <Options extends { setupFiles: string[] }>({ test }: { test: Options }) => ({
  test: { ...test, isolate: false, setupFiles: [...test.setupFiles, "dist/test/support/fail-on-remains.js"] },
});

/** With OpenStack Swift, where MASKWIRE_TEST_SWIFT says that it is: five servers that no quick suite starts. */
const swift = process.env.MASKWIRE_TEST_SWIFT ? [] : ["dist/services/dataset/files/s3-swift.test.js"];

/** Without a server, a thread or a file. */
const pure = ["dist/{proto,services/sam,web-client}/**/*.test.js"];

/** Begun first, in this order: a long one that is begun last has all others wait for it. */
const slowest = [
  "end-to-end/deployed",
  "end-to-end/recovery",
  "end-to-end/affinity",
  "end-to-end/cli",
  "end-to-end/everything",
  "end-to-end/cache-lost",
  "end-to-end/masks",
  "browser/datasets",
  "browser/local-decoding",
  "browser/everything",
  "browser/web-client",
  "rewrite/rewrite-decoder",
  "pictures/picture-processes",
  "models/optimise-model",
  "deploy/manifests",
  "stores/cache-topologies",
].map((name) => `/${name}.test.js`);

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = slowest.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? slowest.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// biome-ignore lint/style/noDefaultExport: Vitest looks for the default export.
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      shared(suite("pure", pure, 120_000)),
      shared(
        suite(
          "unit",
          [
            "dist/{services,gateway,models}/**/*.test.js",
            "dist/test/{bench,deploy,documents,run,scenes,sdk,simulation,structure,support}/**/*.test.js",
          ],
          120_000,
          [],
          [...pure, ...swift],
        ),
      ),
      shared({
        test: {
          ...suite("end-to-end", ["dist/test/{end-to-end,interop}/**/*.test.js"], 300_000, [
            "dist/test/support/fail-on-leaks.js",
          ]).test,
          globalSetup: ["dist/test/end-to-end/shared-maskwire.js"],
        },
      }),
      // By Node 24: see test/run/steps.ts. What meets threads, processes, sockets, files, streams or keys of Node's own; the
      // rest is calculation and state, which no Node does otherwise.
      shared(
        suite(
          "node-24",
          [
            "dist/services/{runtime,access}/**/*.test.js",
            "dist/services/inference/workers/**/*.test.js",
            "dist/services/inference/pull/{download-file,published-file,unpack-files}.test.js",
            "dist/services/encoder/pictures/**/*.test.js",
            "dist/services/stores/{cache-connection,cache-news,leases,open-stores,redis-store}.test.js",
            "dist/services/maskwire/command/{*,dataset/*,track/{input,outputs}/**/*}.test.js",
            "dist/gateway/gateway-tier.test.js",
            "dist/gateway/{browsers,callers,fetch,http,peers}/**/*.test.js",
            "dist/gateway/sessions/sessions.test.js",
            "dist/test/support/**/*.test.js",
            "dist/test/end-to-end/stop.test.js",
          ],
          120_000,
        ),
      ),
      suite("chaos", ["dist/test/chaos/**/*.test.js"], 30_000, ["dist/test/support/fail-on-leaks.js"]),
      suite("attacks", ["dist/test/attacks/**/*.test.js"], 120_000, ["dist/test/support/fail-on-leaks.js"]),
      shared({
        test: {
          ...suite("browser", ["dist/test/browser/**/*.test.js"], 300_000).test,
          globalSetup: ["dist/test/browser/shared-maskwire.js"],
        },
      }),
      // By `npm run test:containers`, where there is a container engine.
      suite("containers", ["dist/services/**/*.containers.js"], 120_000),
    ],
  },
});
