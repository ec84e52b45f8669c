"use strict";
const by = id => document.getElementById(id);
const rows = [...document.querySelectorAll("#queue [data-case]")];
const [message, credit, read, preview] = ["message", "credit", "read", "preview"].map(by);
let at = 0, asked = 0, timer = 0;

const say = (words, trouble = false) => { by("said").textContent = words; by("said").classList.toggle("trouble", trouble); };
const open = row => row.dataset.outcome === "";
const post = async (action, told) => {
  const answer = await fetch(action, {method: "POST", body: JSON.stringify(told), headers: {"Content-Type": "application/json"}});
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
};
const tried = async work => {
  try { await work(); } catch (error) { say(error instanceof TypeError ? "The desk has ended; what was decided is saved." : error.message, true); }
};
let turn = Promise.resolve();
// One thing after the other: a key that comes early is about the case that will then be shown.
const inTurn = work => { turn = turn.then(() => tried(work)); return turn; };
const count = () => {
  const left = rows.filter(open);
  const answers = left.reduce((sum, row) => sum + Number(row.dataset.size), 0);
  by("progress").textContent = `${rows.length - left.length} of ${rows.length} decided` + (left.length ? `, ${answers} answers left` : ": done. Run grader batch again to apply it.");
};
const show = async number => {
  at = Math.max(0, Math.min(rows.length - 1, number));
  rows.forEach((row, index) => index === at ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current"));
  rows[at].scrollIntoView({block: "nearest"});
  const mine = ++asked;
  const answer = await fetch(`case/${at}`);
  const text = await answer.text();
  if (mine !== asked) return;
  by("case").innerHTML = text;
  credit.value = read.value = "";
  preview.replaceChildren();
  document.activeElement.blur();
  scrollTo(0, 0);
};
const go = step => inTurn(() => show(at + step));
const note = told => {
  const row = rows[told.case];
  row.dataset.outcome = told.outcome;
  row.querySelector(".outcome").textContent = told.outcome;
  count();
};
const next = () => {
  const after = [...rows.keys()].map(step => (at + 1 + step) % rows.length);
  return show(after.find(number => open(rows[number])) ?? at);
};
const decide = told => inTurn(async () => {
  const answer = await (await post("decide", {case: at, message: message.value, ...told})).json();
  note(answer);
  say(`${rows[answer.case].querySelector(".mono").textContent}: ${answer.outcome}`);
  message.value = "";
  await next();
});
const undo = () => inTurn(async () => {
  const answer = await (await post("undo", {})).json();
  note(answer);
  say("Undone.");
  await show(answer.case);
});
const look = () => tried(async () => {
  const typed = read.value.trim(), mine = ++asked;
  if (!typed) return preview.replaceChildren();
  const text = await (await post("preview", {case: at, text: typed})).text();
  if (mine === asked) preview.innerHTML = text;
});
const keys = {
  f: () => decide({credit: "1"}), h: () => decide({credit: "1/2"}), n: () => decide({credit: "0"}),
  c: () => credit.focus(), m: () => message.focus(), r: () => read.focus(),
  j: () => go(1), ArrowRight: () => go(1), k: () => go(-1), ArrowLeft: () => go(-1), u: undo,
};

document.addEventListener("keydown", event => {
  const field = event.target.closest("input, textarea");
  if (event.key === "Escape" && field) return field.blur();
  if (field || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  if (!event.repeat || "jk".includes(event.key) || event.key.startsWith("Arrow")) keys[event.key]();
});
message.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); message.blur(); } });
credit.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); decide({credit: credit.value}); } });
read.addEventListener("keydown", event => { if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); if (read.value.trim()) decide({read_as: read.value}); } });
read.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 300); });
by("acts").addEventListener("submit", event => event.preventDefault());
by("acts").addEventListener("click", event => {
  const told = event.target.closest("button")?.dataset;
  if (!told) return;
  if ("credit" in told) decide({credit: told.credit});
  else if ("focus" in told) by(told.focus).focus();
  else if ("go" in told) go(Number(told.go));
  else if ("undo" in told) undo();
});
by("queue").addEventListener("click", event => { const row = event.target.closest("[data-case]"); if (row) inTurn(() => show(Number(row.dataset.case))); });
count();
if (rows.length) { const first = rows.findIndex(open); inTurn(() => show(first < 0 ? 0 : first)); }
