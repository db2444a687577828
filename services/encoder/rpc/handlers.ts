import type { EncoderService } from "../../../proto/index.js";
import type { ServiceImplementation } from "../../runtime/grpc/serve.js";

/** The encoder's RPCs by name: each file here makes one, of the objects that it needs. */
export type Handlers = ServiceImplementation<typeof EncoderService>;
