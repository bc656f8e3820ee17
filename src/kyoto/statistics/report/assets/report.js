"use strict";
(() => {
  const root = document.documentElement;
  const remember = (value) => { try { localStorage.setItem("kyoto-theme", value); } catch { /* private mode */ } };
  const recalled = () => { try { return localStorage.getItem("kyoto-theme"); } catch { return null; } };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    button.setAttribute("aria-pressed", String(dark()));
    button.setAttribute("aria-label", "Dark colours");
  };
  if (recalled()) root.dataset.theme = recalled();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remember(root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();

  // Contents: folded on small screens; the section in view is marked.
  const contents = document.getElementById("contents");
  if (matchMedia("(max-width: 68rem)").matches) contents.open = false;
  const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  links.forEach((_, id) => { const part = document.getElementById(id); if (part) seen.observe(part); });

  // Figures under the pointer. The same figures stand in the table below each chart.
  const tip = document.getElementById("tip");
  const tell = (event, head, text) => {
    tip.replaceChildren();
    const bold = document.createElement("b");
    bold.textContent = head;
    tip.append(bold, text);
    tip.hidden = false;
    const wide = tip.offsetWidth;
    const left = Math.min(event.pageX + 14, scrollX + root.clientWidth - wide - 8);
    tip.style.left = `${Math.max(left, scrollX + 8)}px`;
    tip.style.top = `${event.pageY - tip.offsetHeight - 12}px`;
  };
  const hush = () => { tip.hidden = true; };
  const cursor = (svg, points) => {
    const left = Number(svg.dataset.left), right = Number(svg.dataset.right), width = Number(svg.dataset.width);
    const line = svg.querySelector(".cursor");
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * width;
      const share = points.length < 2 ? 0 : (x - left) / (right - left);
      const index = Math.min(Math.max(Math.round(share * (points.length - 1)), 0), points.length - 1);
      const place = left + (right - left) * index / Math.max(points.length - 1, 1);
      line.setAttribute("x1", place);
      line.setAttribute("x2", place);
      line.style.visibility = "visible";
      tell(event, points[index][0], points[index][1]);
    });
    svg.addEventListener("pointerleave", () => { line.style.visibility = "hidden"; hush(); });
  };
  for (const figure of document.querySelectorAll("[data-points]")) {
    const points = figure.dataset.points.split("\n").map((row) => row.split("\t"));
    figure.querySelectorAll("svg.chart").forEach((svg) => cursor(svg, points));
  }
  document.addEventListener("pointerover", (event) => {
    const text = event.target.dataset?.t;
    if (text === undefined) return;
    const [head, ...rest] = text.split(": ");
    tell(event, rest.length ? head : text, rest.join(": "));
    event.target.addEventListener("pointerleave", hush, { once: true });
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });

  // Tables that sort. The first column's order of the classification comes back with the third press.
  const figure = (cell) => {
    const text = cell.textContent.replace(/[\s\u202f\u2009]/g, "").replace("−", "-");
    const value = Number.parseFloat(text);
    return Number.isNaN(value) ? null : value;
  };
  const compare = (a, b, column, numeric, way) => {
    if (!numeric) return way * a.cells[column].textContent.localeCompare(b.cells[column].textContent, undefined, { numeric: true });
    const x = figure(a.cells[column]), y = figure(b.cells[column]);
    if (x === null || y === null) return (x === null) - (y === null);
    return way * (x - y);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const given = [...body.rows];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const press = document.createElement("button");
      press.type = "button";
      press.append(...head.childNodes);
      head.append(press);
      press.addEventListener("click", () => {
        const numeric = head.classList.contains("n");
        const first = numeric ? "descending" : "ascending";
        const second = numeric ? "ascending" : "descending";
        const now = head.getAttribute("aria-sort");
        table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        if (now === second) { body.append(...given); return; }
        const next = now === first ? second : first;
        head.setAttribute("aria-sort", next);
        const way = next === "ascending" ? 1 : -1;
        body.append(...[...given].sort((a, b) => compare(a, b, column, numeric, way)));
      });
    });
  }

  // Downloads from inside the file: CSV, compressed.
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Blob([await new Response(stream).arrayBuffer()], { type: "text/csv" });
  };
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-csv]");
    if (!link || link.dataset.ready || !window.DecompressionStream) return;
    event.preventDefault();
    link.href = URL.createObjectURL(await unpacked(document.getElementById(link.dataset.csv).textContent));
    link.dataset.ready = "yes";
    link.click();
  });

  // On paper, how the figures were made stands under them.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details[data-print]:not([open])")];
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((part) => { part.open = false; }); });
})();
