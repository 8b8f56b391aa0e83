import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const kept = ["public/offline.html", "public/offline.css"].map((path) => readFileSync(new URL(path, import.meta.url)));

// After the pages, into the same folder: one script under a name that never changes, at the root, so that its scope is
// the whole dashboard.
export default defineConfig({
  publicDir: false,
  define: { KEPT_VERSION: JSON.stringify(createHash("sha256").update(Buffer.concat(kept)).digest("hex").slice(0, 12)) },
  build: {
    outDir: "../clinician_api/static",
    emptyOutDir: false,
    target: "es2022",
    rolldownOptions: {
      input: "worker/service-worker.ts",
      output: { format: "iife", entryFileNames: "service-worker.js" },
    },
  },
});
