import pino from "pino";
import { OwnServer } from "../database/server/own-server.js";

/* A process with a server of its own, for a test to end: it says so in a line and stays. */
const [folder = ""] = process.argv.slice(2);
const { url } = await OwnServer.start({ folder, logger: pino({ level: "silent" }) });
process.stdout.write(`${url}\n`);
