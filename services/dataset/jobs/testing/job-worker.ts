import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { Database } from "../../database/database.js";
import { FolderFiles } from "../../files/folder-files.js";
import { createJobs } from "../create-jobs.js";
import { FakeEngine } from "./fake-engine.js";
import { hasty, testImports } from "./job-stage.js";

/* A process that works on jobs until a test kills it; it writes a line for every picture that it looks at. */
const [url = "", folder = ""] = process.argv.slice(2);
const logger = pino({ level: "silent" });
const database = await Database.open({ url, folder: "", connections: 4, statementMs: 30_000 }, logger);
const engine = new FakeEngine();
engine.onLook = async (imageId) => {
  process.stdout.write(`${imageId}\n`);
  await pause(5);
};
const running = await createJobs({
  database,
  files: new FolderFiles(folder),
  engine,
  ...testImports,
  logger,
  times: hasty,
});
await running.run();
