// <x-rich-text> makes an editor of its textarea, which stays what is sent, and all there is without scripts.
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import "../styles/rich-text.css";

const PLAIN_LINK = { openOnClick: false, HTMLAttributes: { target: null, rel: null, class: null } };
const ARROWS = { ArrowRight: 1, ArrowLeft: -1 };

class RichText extends HTMLElement {
  connectedCallback() {
    // What was typed before comes back into the textarea first.
    requestAnimationFrame(() => this.isConnected && !this.editor && this.open());
  }

  disconnectedCallback() {
    this.editor?.destroy();
    this.frame?.remove();
    this.editor = null;
  }

  open() {
    this.source = this.querySelector("textarea");
    this.frame = document.createElement("div");
    this.frame.className = "rich-text";
    this.frame.append(this.querySelector("template").content.cloneNode(true));
    this.append(this.frame);
    this.bar = this.frame.querySelector("[role=toolbar]");
    this.address = this.frame.querySelector("[data-link]");
    const typing = this.source.autofocus || this.source === document.activeElement; // whoever writes already goes on writing
    this.source.hidden = true;
    this.source.required = false; // the server asks for it: a browser cannot show what is wrong with a hidden field
    this.editor = this.makeEditor(typing);
    this.bar.addEventListener("click", (event) => this.press(event.target.closest("button")));
    this.bar.addEventListener("keydown", (event) => this.walk(event));
    for (const label of this.source.labels) label.addEventListener("click", () => this.editor.commands.focus());
    this.source.form?.addEventListener("reset", () => setTimeout(() => this.editor?.commands.setContent(this.source.value)));
    this.paint();
  }

  makeEditor(typing) {
    return new Editor({
      element: this.frame,
      extensions: [StarterKit.configure({ link: PLAIN_LINK, heading: { levels: [2, 3, 4] }, trailingNode: false })],
      content: this.source.value,
      injectCSS: false,
      editable: !this.source.disabled,
      autofocus: typing && "end",
      editorProps: { attributes: this.attributesOfText() },
      onUpdate: ({ editor }) => this.keep(editor),
      onTransaction: () => this.paint(),
    });
  }

  attributesOfText() {
    const found = { class: "prose textarea", role: "textbox", "aria-multiline": "true", "aria-label": this.source.labels[0]?.innerText ?? "" };
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (this.source.hasAttribute(name)) found[name] = this.source.getAttribute(name);
    }
    return found;
  }

  keep(editor) {
    this.source.value = editor.isEmpty ? "" : editor.getHTML();
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
  }

  press(button) {
    if (!button) return;
    const { deed, mark, level } = button.dataset;
    if (mark === "link") return this.askForLink();
    this.editor.chain().focus()[deed](level && { level: Number(level) }).run();
  }

  askForLink() {
    if (this.editor.isActive("link")) return this.editor.chain().focus().extendMarkRange("link").unsetLink().run();
    this.address.hidden = false;
    this.address.focus();
  }

  walk(event) {
    if (event.target === this.address) return this.typeLink(event);
    const buttons = [...this.bar.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(event.target) + (ARROWS[event.key] ?? 0)];
    if (!ARROWS[event.key] || !next) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }

  typeLink(event) {
    if (!["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const href = this.address.value.trim();
    this.address.value = "";
    this.address.hidden = true;
    const chain = this.editor.chain().focus();
    if (event.key === "Enter" && href) chain.extendMarkRange("link").setLink({ href });
    chain.run();
  }

  paint() {
    if (!this.editor) return;
    this.bar.querySelectorAll("button").forEach((button, at) => {
      button.setAttribute("aria-pressed", String(this.editor.isActive(button.dataset.mark)));
      if (!button.hasAttribute("tabindex")) button.tabIndex = at ? -1 : 0;
    });
  }
}

customElements.define("x-rich-text", RichText);
