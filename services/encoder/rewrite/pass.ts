import type { ModelProto } from "../../../proto/onnx.js";
import type { GraphReader } from "../../inference/onnx/graph-reader.js";

/** What passes are told of an encoder, in the manifest's words. */
export interface EncoderInterface {
  /** The graph's input: float32 [1, 3, height, width]. */
  readonly input: string;
  /** Its output: float32 [1, channels, height / cell, width / cell]. */
  readonly output: string;
  /** Side of the model's whole frame in pixels. */
  readonly size: number;
  /** Side of the embedding of the whole frame. */
  readonly grid: number;
}

/** One change of an encoder's graph. */
export interface Pass {
  /** For logs and reports. */
  readonly name: string;
  /**
   * The changed graph; the one that is given stays as it is.
   * @throws UnknownGraphError when it does not recognise what it is about.
   */
  apply(graph: GraphReader, encoder: EncoderInterface): ModelProto;
}
