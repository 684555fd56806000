// Files: dropped or chosen, sent one by one with progress; the server answers with the fragment that shows them.
import "../styles/upload.css";
import { htmx, ownHeaders } from "../controllers/shared.js";
import { word } from "../controllers/words.js";

const SVG = "http://www.w3.org/2000/svg";

function bar(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "bar");
  svg.setAttribute("role", "progressbar");
  svg.setAttribute("aria-label", name);
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("height", "100%");
  rect.setAttribute("width", "0%");
  svg.append(rect);
  return svg;
}

function line(file) {
  const item = document.createElement("li");
  item.className = "upload-file";
  const name = document.createElement("span");
  name.className = "one-line";
  name.textContent = file.name;
  const state = document.createElement("span");
  state.className = "small muted";
  item.append(document.createElement("span"), name, state, bar(file.name));
  return { item, state, rect: item.querySelector("rect") };
}

function send(zone, file, sameName) {
  const { item, state, rect } = line(file);
  zone.querySelector(".upload-files").append(item);
  const request = new XMLHttpRequest();
  request.open("POST", zone.getAttribute("action"));
  for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const share = Math.round((loaded / total) * 100);
    rect.setAttribute("width", `${share}%`);
    state.textContent = `${share} %`;
  });
  return new Promise((done) => {
    request.addEventListener("load", () => done(finish(zone, item, state, request, file)));
    request.addEventListener("error", () => done((state.textContent = word("network_error"))));
    const body = new FormData();
    body.append(zone.getAttribute("name") || "file", file);
    if (sameName) body.append("same_name", sameName);
    request.send(body);
  });
}

// The words of the server's refusal, or our own when there are none.
function reason(request) {
  const said = new DOMParser().parseFromString(request.responseText, "text/html").querySelector(".toast span")?.textContent.trim();
  return said || word(request.status === 413 ? "file_too_large" : "file_refused");
}

// The record has a document of that name: the person says whether this is its new version.
function ask(zone, item, file, question) {
  item.innerHTML = question;
  item.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-same-name]")?.dataset.sameName;
    if (choice === undefined) return;
    item.remove();
    if (choice) send(zone, file, choice);
    zone.querySelector("input[type=file]")?.focus();
  });
  if (!item.previousElementSibling) item.querySelector("button").focus();
}

function finish(zone, item, state, request, file) {
  const place = request.getResponseHeader("HX-Redirect");
  if (place) return void location.assign(place);
  if (request.status === 409 && request.responseText.includes("data-same-name")) return ask(zone, item, file, request.responseText);
  if (request.status >= 400) {
    state.className = "small late";
    state.textContent = reason(request);
    state.setAttribute("role", "alert");
    return;
  }
  item.remove();
  const target = document.querySelector(zone.dataset.target) ?? zone;
  target.innerHTML = request.responseText;
  htmx.process(target);
}

class Upload extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const area = this.querySelector(".upload-zone") ?? this;
    this.addEventListener("change", (event) => event.target.type === "file" && this.sendAll(event.target.files));
    for (const name of ["dragover", "dragleave", "drop"]) {
      this.addEventListener(name, (event) => {
        event.preventDefault();
        area.classList.toggle("over", name === "dragover");
        if (name === "drop") this.sendAll(event.dataTransfer.files);
      });
    }
  }

  async sendAll(files) {
    for (const file of files) await send(this, file);
  }
}

customElements.define("x-upload", Upload);
