// How the diagram library draws: in the page's colours, which follow the theme, and in its font.
const size = 12;

/** The options of a viewer or modeler; the font is named plainly, since texts are measured before they are drawn. */
export function look() {
  const { fontFamily } = getComputedStyle(document.body);
  return {
    bpmnRenderer: { defaultFillColor: "var(--surface)", defaultStrokeColor: "var(--text-2)", defaultLabelColor: "var(--text)" },
    textRenderer: { defaultStyle: { fontFamily, fontSize: size }, externalStyle: { fontSize: size - 1 } },
  };
}
