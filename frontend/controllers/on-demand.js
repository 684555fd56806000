// The palette and the sheet of keys come with their first use.
import { bindKey } from "./keys.js";
import { topLayer } from "./pages.js";
import { toast } from "./toasts.js";
import { word } from "./words.js";

// What cannot be fetched, as after an upgrade under an open page, says so.
const missing = () => toast(word("network_error"), "error");

function openPalette(event) {
  event?.preventDefault?.();
  import("./palette.js").then(({ open }) => open(), missing);
}

function openHelp() {
  import("./help.js").then(({ open }) => open(), missing);
}

const commands = { palette: openPalette, help: openHelp, close: () => topLayer().close?.() };

bindKey("Ctrl+k", "search", openPalette);
bindKey("/", "search", openPalette);
bindKey("?", "help", openHelp);
document.addEventListener("click", (event) => {
  commands[event.target.closest("[data-command]")?.dataset.command]?.();
});
