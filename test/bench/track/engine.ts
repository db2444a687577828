import { decoderFiles } from "../../../services/decoder/graphs/decoder-files.js";
import { type LoadedDecoder, loadDecoderGraph } from "../../../services/decoder/graphs/load-decoder-graph.js";
import { productGraph } from "../../../services/decoder/graphs/product-graph.js";
import { loadProduct } from "../../../services/decoder/graphs/product-session.js";
import { inFrame } from "../../../services/inference/models/in-frame.js";
import { Manifest, type ModelSpec } from "../../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../../services/inference/models/model-file.js";
import type { Product } from "../../../services/sam/track/labels/axes.js";
import { testSettings } from "../../support/start-maskwire.js";
import { Embeddings } from "./embeddings.js";

/** What a track is made by, without the processes around it: the encoder, the decoder and the product of matrices. */
export interface Engine extends AsyncDisposable {
  readonly model: ModelSpec;
  readonly embeddings: Embeddings;
  readonly decoder: LoadedDecoder;
  readonly product: Product;
}

/** @param folder for embeddings that are made. */
export async function openEngine(folder: string, threads: number): Promise<Engine> {
  const manifest = Manifest.read();
  const model = inFrame(manifest.get(manifest.defaultId), "picture");
  const { graphsDir } = testSettings().decoder;
  const embeddings = await Embeddings.open(model, manifest, folder, graphsDir, threads);
  const files = await decoderFiles(model, await verifyModelFile(model.decoder, manifest), graphsDir);
  const decoder = await loadDecoderGraph(model, files, { wide: threads });
  const product = await loadProduct(productGraph(), threads);
  return {
    model,
    embeddings,
    decoder,
    product,
    async [Symbol.asyncDispose]() {
      await decoder.release();
      await embeddings[Symbol.asyncDispose]();
    },
  };
}
