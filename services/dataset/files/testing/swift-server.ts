import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../../runtime/testing/free-port.js";
import type { ObjectStorePlace } from "../object-store-url.js";

/** Who may ask it: `tempauth`'s only account. */
export const swiftCredentials = { accessKeyId: "test:tester", secretAccessKey: "testing" };

const python = "lib/python3/dist-packages";

/**
 * Where OpenStack Swift's packages are: in the folder that MASKWIRE_TEST_SWIFT names, unpacked (`node dist/test/run/fetch-swift.js FOLDER`), or
 * installed. Undefined: nowhere.
 */
export function findSwift(): string | undefined {
  const roots = [process.env.MASKWIRE_TEST_SWIFT ?? "", "/"];
  return roots.find((root) => root !== "" && existsSync(join(root, "usr", python, "swift", "proxy")));
}

/** Its account, container and object servers and the proxy that speaks S3, of this test alone, on one disk and without copies. */
export class SwiftServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #servers: ChildProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;
  #port = 0;

  private constructor(root: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "maskwire-swift-"));
    const libraries = join(root, "usr", "lib");
    const triplets = readdirSync(libraries).filter((one) => one.endsWith("-linux-gnu"));
    this.#env = {
      PATH: process.env.PATH,
      PYTHONPATH: join(root, "usr", python),
      PYTHONWARNINGS: "ignore",
      LD_LIBRARY_PATH: triplets.map((one) => join(libraries, one)).join(":"),
    };
  }

  /** @throws Error with what one of its servers said, when that does not start. */
  static async start(root: string): Promise<SwiftServer> {
    const swift = new SwiftServer(root);
    try {
      await swift.#start(root);
      return swift;
    } catch (error) {
      await swift[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @param bucket made already, by whoever is asked first. */
  place(bucket: string, prefix = ""): ObjectStorePlace {
    return { bucket, prefix, endpoint: `http://127.0.0.1:${this.#port}`, region: "us-east-1" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(root: string): Promise<void> {
    const folder = this.#folder;
    mkdirSync(join(folder, "devices", "d1"), { recursive: true });
    writeFileSync(
      join(folder, "swift.conf"),
      "[swift-hash]\nswift_hash_path_suffix = test\n[storage-policy:0]\nname = only\ndefault = yes\n",
    );
    const builder = join(root, "usr", "bin", "swift-ring-builder");
    for (const kind of ["account", "container", "object"]) {
      const port = await freePort();
      const ring = (...args: string[]) =>
        execFileSync("python3", [builder, join(folder, `${kind}.builder`), ...args], { env: this.#env, cwd: folder });
      ring("create", "2", "1", "0");
      ring("add", `r1z1-127.0.0.1:${port}/d1`, "1");
      ring("rebalance");
      await this.#serve(
        `${kind}-server`,
        port,
        `[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`,
      );
    }
    this.#port = await freePort();
    await this.#serve("proxy-server", this.#port, proxy);
  }

  async #serve(name: string, port: number, pipeline: string): Promise<void> {
    const folder = this.#folder;
    const file = join(folder, `${name}.conf`);
    writeFileSync(
      file,
      `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nuser = ${userInfo().username}\nswift_dir = ${folder}
devices = ${join(folder, "devices")}\nmount_check = false\ndisable_fallocate = true\nlog_level = ERROR\n${pipeline}`,
    );
    // Where its configuration is, is not asked of it elsewhere.
    const launcher = [
      "import sys, swift.common.utils as utils",
      "utils.SWIFT_CONF_FILE = sys.argv[1]",
      "from swift.common.wsgi import run_wsgi",
      "sys.exit(run_wsgi(sys.argv[2], sys.argv[3], verbose=True))",
    ].join("\n");
    const server = spawn("python3", ["-c", launcher, join(folder, "swift.conf"), file, name], {
      env: this.#env,
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#servers.push(server);
    let said = "";
    for (const stream of [server.stdout, server.stderr])
      stream?.on("data", (text) => (said = `${said}${text}`.slice(-4000)));
    while (!(await answers(port))) {
      if (server.exitCode !== null) throw new Error(`Swift's ${name} did not start:\n${said}`);
      await pause(50);
    }
  }
}

/** There is no memcached: whoever asks for a cache is refused at once, and goes on without. */
const proxy = `[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
`;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
