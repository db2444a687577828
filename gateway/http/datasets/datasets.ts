import type { FastifyInstance } from "fastify";
import { type FileRoutes, fileRoutes } from "./files.js";
import { type MessageRoutes, messageRoutes } from "./messages.js";
import { type UploadRoutes, uploadRoutes } from "./uploads.js";
import { watchRoute } from "./watch.js";

/** `/v1/datasets` and all below it (M2 to M6). */
export function datasetRoutes(app: FastifyInstance, routes: MessageRoutes & UploadRoutes & FileRoutes): void {
  app.register(messageRoutes, routes);
  app.register(uploadRoutes, routes);
  app.register(fileRoutes, routes);
  app.register(watchRoute, routes);
}
