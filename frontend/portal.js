// What public forms load: they work without it, and better with it.
import "./controllers/public-form.js";
import "./controllers/public-companies.js";
import { connect } from "./controllers/form-sections.js";
import "./controllers/embedding.js";

document.querySelectorAll("form:has([data-show-if], x-form-rules)").forEach(connect);
