import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The client lies beside this file, as docs/guides/react.md says. With the package installed, this alias goes.
const client = fileURLToPath(new URL("pairchat-client.js", import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "django-pairchat": client } },
  server: { host: "localhost", port: 5173 },
});
