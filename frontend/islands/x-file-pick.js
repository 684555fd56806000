// <x-file-pick> around a file input of a plain form: the whole zone takes a click or a dropped file, and names it.
import "../styles/upload.css";

class FilePick extends HTMLElement {
  connectedCallback() {
    const [zone, input, name] = [".upload-zone", "input[type=file]", "output"].map((part) => this.querySelector(part));
    input.addEventListener("change", () => (name.textContent = [...input.files].map((file) => file.name).join(", ")));
    for (const kind of ["dragenter", "dragleave", "drop"]) {
      input.addEventListener(kind, () => zone.classList.toggle("over", kind === "dragenter"));
    }
  }
}

customElements.define("x-file-pick", FilePick);
