// What the menus of the library offer beyond what a process here can be made of is left out of them.
const unknown = /script-task|ad-hoc|complex-gateway/;

/** The entries of a menu that turn an element into something that can be run. */
export function runnable(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([id]) => !unknown.test(id)));
}

class Menu {
  static $inject = ["popupMenu"];

  constructor(popupMenu) {
    popupMenu.registerProvider("bpmn-replace", 500, this); // after the library's own
  }

  getPopupMenuEntries() {
    return runnable;
  }
}

/** A module of the diagram library that keeps such entries out of its menu. */
export const menu = { __init__: ["runnableMenu"], runnableMenu: ["type", Menu] };
