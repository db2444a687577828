/*
 * Imported before ONNX Runtime, and by whoever starts workers that load it: from 1.29 on it reports to its maker unless this
 * is set before it starts, and keeps an identifier and a queue of events in the user's home. Set here because a worker's
 * process.env is a copy that native code does not see. Nobody who runs Maskwire has agreed to it; "0" in the environment does.
 */
process.env.ORT_DISABLE_TELEMETRY ??= "1";
