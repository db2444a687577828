import type { DatasetService } from "../../../proto/index.js";
import type { ServiceImplementation } from "../../runtime/grpc/serve.js";

/** The RPCs of data sets by name: what takes or gives a stream has a file of its own here, the others are one table. */
export type Handlers = ServiceImplementation<typeof DatasetService>;
