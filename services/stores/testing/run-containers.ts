import { spawn } from "node:child_process";
import { once } from "node:events";
import { getContainerRuntimeClient } from "testcontainers";
import { projectRoot } from "../../runtime/project-root.js";

/** `npm run test:containers`: the suites that need a container engine, where there is one. */
const hasEngine = await getContainerRuntimeClient().then(
  () => true,
  () => false,
);
if (hasEngine) {
  const options = { cwd: projectRoot, stdio: "inherit" as const };
  const [code] = await once(spawn("npx", ["vitest", "run", "--project", "containers"], options), "exit");
  process.exitCode = code ?? 1;
} else {
  process.stdout.write("There is no container engine here, so the suites that need one are skipped.\n");
}
