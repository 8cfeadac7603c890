import { defineConfig } from "vite";
import app from "../vite.config";

/** The app with a scripted client, to look at its screens; never part of `dist`. */
export default defineConfig({
  ...app,
  root: "dev",
  build: { ...app.build, outDir: "dist" },
});
