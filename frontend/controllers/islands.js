// The heavy parts load when they come near the screen: style first, then script.
import { onArrival } from "./pages.js";

const islands = JSON.parse(document.getElementById("islands")?.textContent || "{}");
const names = Object.keys(islands).join(",");
const loaded = new Set();

function style(href) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

async function load(name) {
  if (loaded.has(name)) return;
  loaded.add(name);
  const island = islands[name];
  if (island.css) await style(island.css);
  await import(island.js);
}

const nearby = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      nearby.unobserve(target);
      load(target.localName);
    }
  },
  // The columns of a page scroll on their own: what lies just below their edge is near as well.
  { rootMargin: "200px", scrollMargin: "200px" },
);

onArrival((root) => {
  if (!names) return;
  for (const element of root.querySelectorAll?.(names) ?? []) {
    // An element that lends its box to its content is never seen by an observer.
    if (getComputedStyle(element).display === "contents") load(element.localName);
    else nearby.observe(element);
  }
});
