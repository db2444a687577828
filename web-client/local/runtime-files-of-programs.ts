/** In place of `runtime-files` in the package: a program's bundler puts ONNX Runtime's files where the runtime looks for them. */
export function runtimeFiles(): undefined {
  return undefined;
}
