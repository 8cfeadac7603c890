export * from "./api.js";
export * from "./generated.js";
