"use strict";
// Colours before the page is drawn, so that it does not flash.
(() => {
  const root = document.documentElement;
  const remember = (value) => { try { localStorage.setItem("kyoto-theme", value); } catch { /* private mode */ } };
  const recalled = () => { try { return localStorage.getItem("kyoto-theme"); } catch { return null; } };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  if (recalled()) root.dataset.theme = recalled();

  const theme = () => {
    const button = document.getElementById("theme");
    const show = () => button.setAttribute("aria-pressed", String(dark()));
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      remember(root.dataset.theme);
      show();
    });
    system.addEventListener("change", show);
    show();
  };

  // Figures under the pointer. The same figures stand in the table below each chart.
  const tell = (event, head, text) => {
    const tip = document.getElementById("tip");
    const bold = document.createElement("b");
    bold.textContent = head;
    tip.replaceChildren(bold, text);
    tip.hidden = false;
    const left = Math.min(event.pageX + 14, scrollX + root.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(left, scrollX + 8)}px`;
    tip.style.top = `${Math.max(event.pageY - tip.offsetHeight - 12, scrollY)}px`;
  };
  const hush = () => { document.getElementById("tip").hidden = true; };
  const over = (event) => {
    const svg = event.target.closest?.("[data-points] svg.chart");
    if (!svg) return;
    const points = svg.closest("[data-points]").dataset.points.split("\n").map((row) => row.split("\t"));
    const left = Number(svg.dataset.left), right = Number(svg.dataset.right), width = Number(svg.dataset.width);
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * width;
    const share = points.length < 2 ? 0 : (x - left) / (right - left);
    const index = Math.min(Math.max(Math.round(share * (points.length - 1)), 0), points.length - 1);
    const line = svg.querySelector(".cursor");
    line.setAttribute("transform", `translate(${left + (right - left) * index / Math.max(points.length - 1, 1)} 0)`);
    line.classList.add("on");
    tell(event, points[index][0], points[index][1].replaceAll("\v", "\n"));
    svg.addEventListener("pointerleave", () => { line.classList.remove("on"); hush(); }, { once: true });
  };
  document.addEventListener("pointermove", over);
  document.addEventListener("pointerover", (event) => {
    const text = event.target.dataset?.t;
    if (text === undefined) return;
    const [head, ...rest] = text.split(": ");
    tell(event, rest.length ? head : text, rest.join(": "));
    event.target.addEventListener("pointerleave", hush, { once: true });
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });

  // Another table: its page. Without a script the form sends itself.
  document.addEventListener("change", (event) => {
    if (event.target.id === "figure") {
      location.assign(`${event.target.form.action}/${encodeURIComponent(event.target.value)}`);
    }
  });

  // A list that narrows as one types.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const narrow = (input) => {
    const wanted = plain(input.value.trim());
    const list = document.querySelector(input.dataset.filter);
    for (const item of [...list.querySelectorAll("li")].reverse()) {
      const own = [...item.children].filter((part) => part.tagName !== "DETAILS").map((part) => part.textContent).join(" ");
      const below = item.querySelector("li:not([hidden])");
      item.hidden = Boolean(wanted) && !plain(own).includes(wanted) && !below;
      const fold = item.querySelector(":scope > details");
      if (fold) fold.open = Boolean(wanted) && Boolean(below) && !item.hidden;
    }
  };
  const filters = () => {
    for (const input of document.querySelectorAll("input[data-filter]")) {
      input.parentElement.hidden = false;
      input.addEventListener("input", () => narrow(input));
    }
  };

  // What changed is said to who does not see it.
  document.addEventListener("htmx:afterSwap", () => {
    const result = document.getElementById("result");
    if (!result) return;
    document.title = result.dataset.title;
    document.getElementById("live").textContent = result.querySelector(".sentence").textContent;
  });

  document.addEventListener("DOMContentLoaded", () => { theme(); filters(); });
})();
