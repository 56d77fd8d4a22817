/* What HTML alone cannot do: menus, dialogs, theme, copying, whole-row links. Every page works without this file
   where something is signed in, started or deleted; it only makes things quicker. */
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // -- menus (WAI-ARIA menu button) -------------------------------------------------------------------------------

  const items = (menu) => all('[role="menuitem"]', menu);

  function openMenu(button, last = false) {
    closeMenus();
    const menu = document.getElementById(button.getAttribute("aria-controls"));
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    const found = items(menu);
    (last ? found[found.length - 1] : found[0])?.focus();
  }

  function closeMenus(restore = false) {
    for (const button of all('[aria-haspopup="menu"][aria-expanded="true"]')) {
      document.getElementById(button.getAttribute("aria-controls")).hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (restore) button.focus();
    }
  }

  function moveIn(menu, key) {
    const found = items(menu);
    const at = found.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: found.length - 1 }[key];
    found[(to + found.length) % found.length].focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest('[aria-haspopup="menu"]');
    if (button) {
      const open = button.getAttribute("aria-expanded") === "true";
      open ? closeMenus(true) : openMenu(button);
      return;
    }
    if (event.target.closest("[aria-disabled]")) event.preventDefault();
    else if (!event.target.closest('[role="menu"]')) closeMenus();
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.('[role="menu"]');
    const button = event.target.closest?.('[aria-haspopup="menu"]');
    if (menu && ["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      event.preventDefault();
      moveIn(menu, event.key);
    } else if (menu && event.key === "Escape") {
      event.stopPropagation();
      closeMenus(true);
    } else if (menu && event.key === "Tab") {
      closeMenus();
    } else if (menu && event.key.length === 1 && /\S/.test(event.key)) {
      items(menu).find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    } else if (button && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      openMenu(button, event.key === "ArrowUp");
    }
  });

  // -- dialogs and drawers: <dialog> brings the focus trap and Escape -------------------------------------------------

  let opener = null;

  function show(dialog) {
    if (dialog.open) return;
    opener = document.activeElement;
    dialog.showModal();
    (dialog.querySelector("[autofocus]") || dialog.querySelector("input, select, button"))?.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      const dialog = document.getElementById(link.dataset.dialog);
      if (dialog) {
        event.preventDefault();
        closeMenus();
        show(dialog);
      }
    }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      const dialog = closer.closest("dialog");
      if (dialog) {
        event.preventDefault();
        dialog.close();
      }
    }
    if (event.target.matches?.("dialog.drawer, dialog.modal:not([data-keep])")) {
      const box = event.target.getBoundingClientRect();
      const inside =
        event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
  });

  document.addEventListener(
    "close",
    (event) => {
      if (event.target.dataset?.leaves) window.location.href = event.target.dataset.leaves;
      else if (opener?.isConnected) opener.focus();
    },
    true,
  );

  function showWaiting(root) {
    // Sent open, so that it shows without this file too; with it, it becomes modal.
    for (const dialog of all("dialog[data-open]", root)) {
      dialog.removeAttribute("open");
      show(dialog);
    }
    for (const field of all("[data-confirm]", root)) weigh(field);
    showPicks(root);
  }

  // -- the destructive button waits for the typed name; the server asks again ------------------------------------------

  function weigh(field) {
    const button = field.form?.querySelector("[data-confirms]");
    if (button) button.disabled = field.value.trim().toLowerCase() !== field.dataset.confirm.toLowerCase();
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-confirm]")) weigh(event.target);
  });
  // Escape in the middle of typing a confirmation does not throw the dialog away.
  document.addEventListener(
    "cancel",
    (event) => {
      const field = event.target.querySelector?.("[data-confirm]");
      if (field && field.value) event.preventDefault();
    },
    true,
  );

  // -- forms cannot be sent twice ---------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.classList.contains("busy")) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    form.classList.add("busy");
    const button = event.submitter?.matches("[data-busy]") ? event.submitter : form.querySelector("[data-busy]");
    if (button) button.textContent = button.dataset.busy;
  });
  window.addEventListener("pageshow", () => all("form.busy").forEach((form) => form.classList.remove("busy")));
  document.addEventListener("htmx:afterRequest", () =>
    all("form.busy").forEach((form) => form.classList.remove("busy")),
  );

  // -- rows that are selected: how many, and a way to take all -------------------------------------------------------

  function count(form) {
    const boxes = all("[data-pick]", form);
    const picked = boxes.filter((one) => one.checked).length;
    const bar = form.querySelector(".bulk");
    if (!bar) return;
    const noun = picked === 1 ? bar.dataset.one : bar.dataset.many;
    bar.querySelector("[data-picked]").textContent = `${picked} selected`;
    bar.querySelector("[data-picks]").textContent = `Sync ${picked} ${noun}`;
    const every = form.querySelector("[data-pick-all]");
    if (!every) return;
    every.checked = picked > 0 && picked === boxes.length;
    every.indeterminate = picked > 0 && picked < boxes.length;
  }

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (event.target.matches?.("[data-pick-all]")) for (const one of all("[data-pick]", form)) one.checked = event.target.checked;
    if (event.target.matches?.("[data-pick], [data-pick-all]")) count(form);
  });

  function showPicks(root) {
    for (const label of all("[data-pick-all-label]", root)) {
      label.hidden = false;
      count(label.closest("form"));
    }
  }

  // -- theme ------------------------------------------------------------------------------------------------------

  function paint(theme) {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }

  function remembered() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  paint(remembered());
  document.addEventListener("change", (event) => {
    if (event.target.name !== "theme") return;
    paint(event.target.value);
    try {
      localStorage.setItem("theme", event.target.value);
    } catch {
      // private windows remember nothing, and that is fine
    }
  });

  // -- copying, whole-row links, relative times -----------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl C";
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else window.location.href = row.dataset.href;
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of all('[name="theme"]')) {
      if (choice.type === "radio") choice.checked = choice.value === (remembered() || "system");
    }
    showWaiting(document);
  });

  // -- live regions: a swap never steals an open menu, the focus or a click ------------------------------------------
  // What has an id gets the focus back in the new content (htmx does that), so it need not hold the news up.

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A form that was refused comes back with what is wrong in it.
    if (event.detail.xhr.status === 422 && event.detail.target.hasAttribute("data-form")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    const busy = event.detail.target.querySelector?.('[aria-expanded="true"], :active, :focus:not([id]), [data-pick]:checked');
    if (busy && event.detail.target.hasAttribute("data-live")) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    showWaiting(event.target);
    const form = event.detail.target.hasAttribute("data-form") && document.getElementById(event.detail.target.id);
    if (form) settle(form);
  });

  // A field that was carried over (hx-preserve) may still say what was wrong with it before.
  function settle(form) {
    for (const field of all(".field:not(.wrong) [aria-invalid]", form)) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("autofocus");
    }
    form.querySelector("[autofocus]")?.focus();
  }
})();
