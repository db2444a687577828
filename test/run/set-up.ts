import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  findChromium,
  findFfmpeg,
  findGrpcPython,
  findHaproxy,
  findKustomize,
  findNumpyPython,
  findPackagingPython,
  findProgram,
  findRedisServer,
} from "../support/programs.js";

/** What suites need beside npm's packages: how to find it, and Debian's packages that bring it. */
const needs = [
  { what: "Chromium", suites: "browser", found: findChromium, packages: ["chromium"] },
  { what: "redis-server", suites: "stores, recovery", found: findRedisServer, packages: ["redis-server"] },
  { what: "openssl", suites: "stores over TLS", found: () => findProgram("openssl"), packages: ["openssl"] },
  {
    what: "Python with grpcio and grpcio-tools",
    suites: "interop",
    found: findGrpcPython,
    packages: ["python3-grpcio", "python3-grpc-tools"],
  },
  {
    what: "Debian's PostgreSQL",
    suites: "data sets on it (they run on npm's too)",
    found: () => (existsSync("/usr/lib/postgresql") ? true : undefined),
    packages: ["postgresql"],
  },
  {
    what: "Python with NumPy and Pillow",
    suites: "interop (exports)",
    found: findNumpyPython,
    packages: ["python3-numpy", "python3-pil"],
  },
  {
    what: "Python with numpy, Pillow, pip, setuptools and wheel",
    suites: "interop",
    found: findPackagingPython,
    packages: ["python3-numpy", "python3-pil", "python3-pip", "python3-setuptools", "python3-wheel"],
  },
  { what: "ffmpeg", suites: "unit (video files)", found: findFfmpeg, packages: ["ffmpeg"] },
  { what: "HAProxy", suites: "deploy", found: findHaproxy, packages: ["haproxy"] },
  // Debian 12's is too old; there and elsewhere one of them has to be on the PATH.
  {
    what: "kubectl 1.22 or newer, or kustomize 4",
    suites: "deploy",
    found: findKustomize,
    packages: ["kubernetes-client"],
  },
];

/** Installs what is missing where that is ours to do, and says what stays missing. */
export function setUp(say: (line: string) => void): void {
  const missing = () => needs.filter(({ found }) => found() === undefined);
  const packages = missing().flatMap((need) => need.packages);
  if (packages.length > 0 && isDebian() && process.getuid?.() === 0) {
    say(`Installing ${packages.join(", ")} with apt-get`);
    aptGet(say, "update", "-qq");
    aptGet(say, "install", "-y", "-qq", "--no-install-recommends", ...packages);
  }
  for (const { what, suites, packages: names } of missing()) {
    say(`MISSING: ${what}; skipped: ${suites}. On Debian: apt-get install ${names.join(" ")}`);
  }
}

const isDebian = () => existsSync("/etc/debian_version") && findProgram("apt-get") !== undefined;

function aptGet(say: (line: string) => void, ...args: string[]): void {
  // RUNLEVEL keeps a package's service from being started: the tests run their own on free ports.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const { status, stdout, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8" });
  if (status !== 0) say(`apt-get ${args[0]} failed:\n${stdout}${stderr}`);
}
