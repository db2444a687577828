import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/* A WebSocket with nothing behind it: each frame is answered at once, with as many bytes as a click's three masks. */

const answer = Buffer.alloc(3000);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => socket.on("message", () => socket.send(answer)));
server.on("listening", () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
