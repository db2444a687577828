import { defineConfig } from "vite";
// biome-ignore lint/style/noDefaultExport: Vite looks for the default export.
export default defineConfig({
  root: import.meta.dirname,
  // `npx vite web-client` beside a running gateway.
  server: { proxy: { "/v1": { target: "http://localhost:8080", ws: true } } },
  // Modules, so that the one that makes files can load the archiver when it needs it.
  worker: { format: "es" },
  build: { outDir: "../dist/site", emptyOutDir: true, target: "es2022" },
});
