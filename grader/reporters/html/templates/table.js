"use strict";
document.querySelectorAll("table.sortable").forEach(table => {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent.trim();
      const compare = (a, b) => a.localeCompare(b, undefined, {numeric: true, sensitivity: "base"});
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)], [p, q] = [parseFloat(x), parseFloat(y)];
        return "number" in head.dataset ? (isNaN(p) ? -1 : isNaN(q) ? 1 : p - q) : compare(y, x);
      };
      body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * order(a, b)));
    });
  });
});
document.querySelectorAll("form[data-filter]").forEach(form => {
  const rows = [...document.querySelectorAll("tr[data-verdicts]")];
  const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = rows.map(row => plain(row.cells[0].textContent + " " + row.cells[1].textContent));
  const filter = () => {
    const {name, item, verdict} = form.elements, words = plain(name.value).split(/\s+/);
    let shown = 0;
    rows.forEach((row, index) => {
      const letters = item.value ? row.dataset.verdicts[Number(item.value)] : row.dataset.verdicts;
      row.hidden = !(words.every(word => texts[index].includes(word)) && letters.includes(verdict.value));
      shown += !row.hidden;
    });
    form.querySelector("output").textContent = shown < rows.length ? `${shown} of ${rows.length}` : "";
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
});
document.querySelectorAll("button.copy").forEach(button => button.addEventListener("click", () => {
  const lines = button.parentElement.querySelector("pre");
  getSelection().selectAllChildren(lines);
  if (navigator.clipboard) navigator.clipboard.writeText(lines.textContent).then(() => { button.textContent = "copied"; });
}));
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", open);
addEventListener("beforeprint", () => document.querySelectorAll("details.print").forEach(one => { one.open = true; }));
if (location.hash) open();
