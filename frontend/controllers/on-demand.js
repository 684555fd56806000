// The palette and the sheet of keys come with their first use.
import { bindKey } from "./keys.js";
import { topLayer } from "./pages.js";

function openPalette(event) {
  event?.preventDefault?.();
  import("./palette.js").then(({ open }) => open());
}

function openHelp() {
  import("./help.js").then(({ open }) => open());
}

const commands = { palette: openPalette, help: openHelp, close: () => topLayer().close?.() };

bindKey("Ctrl+k", "search", openPalette);
bindKey("/", "search", openPalette);
bindKey("?", "help", openHelp);
document.addEventListener("click", (event) => {
  commands[event.target.closest("[data-command]")?.dataset.command]?.();
});
