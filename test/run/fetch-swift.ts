import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

/*
 * `node dist/test/run/fetch-swift.js FOLDER`: OpenStack Swift's Debian packages, unpacked there and not installed, for the tests of
 * object stores (MASKWIRE_TEST_SWIFT=FOLDER). About 11 MB, as root on Debian 12.
 */

const packages = ["swift-proxy", "swift-account", "swift-container", "swift-object"];

const [given] = process.argv.slice(2);
if (given === undefined) {
  process.stderr.write("Name a folder: node dist/test/run/fetch-swift.js FOLDER\n");
  process.exitCode = 2;
} else {
  const folder = resolve(given);
  const archives = join(folder, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const apt = [
    "-qq",
    "--yes",
    "--no-install-recommends",
    "--download-only",
    `--option=Dir::Cache::archives=${archives}`,
  ];
  run("apt-get", "-qq", "update");
  run("apt-get", ...apt, "install", ...packages);
  const files = readdirSync(archives).filter((name) => name.endsWith(".deb"));
  for (const name of files) run("dpkg", "-x", join(archives, name), folder);
  process.stdout.write(
    `${files.length} packages in ${folder}; now: MASKWIRE_TEST_SWIFT=${folder} npx vitest run --project unit dist/services/dataset/files\n`,
  );
}
