// What every page of the application loads.
import "./controllers/appearance.js";
import "./controllers/shell.js";
import "./controllers/dialogs.js";
import "./controllers/menus.js";
import "./controllers/toasts.js";
import "./controllers/on-demand.js";
import "./controllers/cell-edit.js";
import "./controllers/drafts.js";
import "./controllers/form-parts.js";
import "./controllers/live.js";
import "./controllers/islands.js";
