// What core shares with islands and with what comes on demand: in one file, for a request costs more than these bytes.
export * from "./dialogs.js";
export * from "./keys.js";
export * from "./menus.js";
export * from "./pages.js";
