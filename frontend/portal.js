// What public forms load: they work without it, and better with it.
import "./controllers/public-form.js";
import "./controllers/public-companies.js";
import "./controllers/form-sections.js";
import "./controllers/embedding.js";
