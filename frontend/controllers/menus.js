// Menus are popovers: placed beside what opened them, walked with the arrow keys.
const GAP = 4;

function opener(menu) {
  return document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
}

function place(menu) {
  const anchor = (menu.anchorElement ?? opener(menu))?.getBoundingClientRect();
  if (!anchor) return;
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = anchor.bottom + GAP + height <= innerHeight;
  const left = Math.min(anchor.left, innerWidth - width - GAP * 2);
  menu.style.left = `${Math.max(GAP * 2, left)}px`;
  menu.style.top = `${below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - GAP - height)}px`;
}

/** Open a menu beside an element. */
export function openMenu(menu, beside) {
  menu.anchorElement = beside;
  menu.showPopover();
}

function walk(event) {
  const menu = event.target.closest?.(".menu:popover-open");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step || event.target.matches("input, select, textarea")) return;
  const items = [...menu.querySelectorAll(".menu-item, a, button")].filter((item) => item.checkVisibility());
  const at = items.indexOf(document.activeElement);
  event.preventDefault();
  items.at((at + step + items.length) % items.length)?.focus();
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu[popover]")) return;
    // A place of the past would be copied into what is swapped in, which the policy of content forbids.
    if (event.newState !== "open") return menu.removeAttribute("style");
    place(menu);
    if (menu.matches("[role=menu], #user-menu")) menu.querySelector(".menu-item")?.focus({ focusVisible: false });
  },
  true,
);
document.addEventListener("keydown", walk);
document.addEventListener("click", (event) => {
  const item = event.target.closest(".menu:popover-open .menu-item");
  if (item && !item.matches("[data-keep-open]")) item.closest(".menu").hidePopover();
});
addEventListener("resize", () => document.querySelectorAll(".menu:popover-open").forEach(place));

// A form in a menu is answered elsewhere: the menu goes.
document.addEventListener("submit", (event) => {
  event.target.closest(".menu:popover-open")?.hidePopover();
});
