// An editor beside a report that a worker makes anew as one types. All stays in this browser: the policy of the page,
// which the worker inherits, lets it reach nothing but the files it is made of.
//
// The editor is a textarea over a copy of its lines. The copy carries the colours, the numbers and the marks; the
// textarea keeps what a browser gives: undo, input methods, spelling, screen readers, any keyboard.
"use strict";
const by = id => document.getElementById(id);
const [text, lines, report, shown, here] = ["text", "lines", "report", "shown", "here"].map(by);
const paper = text.closest(".paper");
const homework = JSON.parse(by("homework").textContent);
const MARKS = {correct: "✓", partial: "◐", incorrect: "✗", invalid: "?", review: "!", read: "·"};
const TROUBLE = ["partial", "review", "invalid", "incorrect"];
const ANSWERS = "answers.yaml";
const LARGEST = 1_000_000;
const PAUSE = 150; // ms without a key before a check
const patience = () => 1000 * (homework.patience ?? 60); // ms that a check may take

const made = (name, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};
const verdict = (found, says) => {
  const element = made("span", {className: `verdict v-${found}`}, says);
  element.dataset.mark = MARKS[found];
  return element;
};

// ---- The files, which a reload does not lose. They are replaced, never changed, so that what was before can be kept.

const KEY = `self-check ${location.pathname}`;
let files = [], open = "", kept = true;
const seen = new Map(); // where each file's caret and the view of it were
const now = () => files.find(file => file.name === open);
const untouched = file => homework.templates[file.name] === file.text;

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify({files, open}));
    kept = true;
  } catch { kept = false; } // storage is blocked or full: the page says so, and asks before it is left
  by("unkept").hidden = kept;
}

function recalled() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    const whole = found.files.length && found.files.every(file => typeof file.name === "string" && typeof file.text === "string");
    return whole ? {files: found.files.map(({name, text}) => ({name, text})), open: String(found.open)} : null;
  } catch { return null; }
}

function put(name, content) {
  const file = {name, text: content};
  files = files.some(one => one.name === name) ? files.map(one => one.name === name ? file : one) : [...files, file];
}

function show(whole) {
  const before = open;
  seen.set(open, [text.selectionStart, text.selectionEnd, paper.scrollTop]);
  ({files, open} = whole);
  if (!now()) open = files[0].name;
  const fresh = text.value !== now().text;
  if (fresh) text.value = now().text;
  text.setAttribute("aria-label", `Text of ${open}`);
  by("name").value = open;
  by("names").replaceChildren(...files.map(({name}) => {
    const button = made("button", {type: "button", onclick: () => { show({files, open: name}); text.focus(); }}, name);
    button.setAttribute("aria-pressed", name === open);
    return button;
  }));
  keep();
  paint();
  if (fresh || open !== before) {
    const [start, end, scroll] = seen.get(open) ?? [0, 0, 0];
    text.setSelectionRange(start, end);
    paper.scrollTop = scroll;
  }
  mark();
  soon();
}

function change(says, whole) {
  const before = {files, open};
  show(whole);
  notify(says, "Undo", () => show(before));
}

function notify(says, action, act) {
  const close = () => by("notice").replaceChildren();
  by("notice").replaceChildren(
    made("span", {}, says),
    ...(action ? [made("button", {type: "button", onclick: () => { close(); act(); text.focus(); }}, action)] : []),
    made("button", {type: "button", onclick: close, ariaLabel: "Close this message"}, "×"),
  );
}

// ---- The lines under the textarea

const COLOURS = {
  yaml: /"(?:[^"\\]|\\.)*"(?!\s*:)|(?<remark>(?:^|\s)#.*)|(?<label>(?:^\s*(?:- +)?|[{,]\s*)(?:"[^"]*"|[^\s"#:{}[\],]+):(?=\s|$))/g,
  tex: /(?<remark>%.*)|(?<label>\\(?:[A-Za-z]+\*?|.))/g,
  md: /(?<remark><!--.*?-->)|(?<label>^#{1,6} .*|^\s*[\w.']+:(?=\s|$))/g,
};
let painted = [], painting;

function lineOf(content, colours) {
  const line = made("div", {className: "line"});
  let at = 0;
  for (const found of colours && content.length < 2000 ? content.matchAll(colours) : []) {
    const kind = found.groups.remark ? "remark" : found.groups.label ? "label" : "";
    line.append(content.slice(at, found.index), kind ? made("span", {className: kind}, found[0]) : found[0]);
    at = found.index + found[0].length;
  }
  line.append(content.slice(at));
  return line;
}

function paint() {
  const kind = {yml: "yaml", markdown: "md", sty: "tex"}[ending(open)] ?? ending(open);
  const fresh = text.value.split("\n"), least = Math.min(fresh.length, painted.length);
  let from = 0, same = 0;
  if (painting === kind) {
    while (from < least && fresh[from] === painted[from]) from++;
    while (same < least - from && fresh.at(-1 - same) === painted.at(-1 - same)) same++;
  }
  const old = [...lines.children].slice(from, painted.length - same);
  const after = lines.children[painted.length - same] ?? null;
  fresh.slice(from, fresh.length - same).forEach((content, index) => {
    const line = lineOf(content, COLOURS[kind]);
    if (old[index] && painting === kind) { // a line that is being typed in keeps its mark until the next report
      line.className = old[index].className;
      if (old[index].dataset.mark) line.dataset.mark = old[index].dataset.mark;
    }
    lines.insertBefore(line, after);
  });
  old.forEach(line => line.remove());
  [painted, painting] = [fresh, kind];
}

// ---- Places: from a message to its line and back

let notes = []; // {file, line, verdict, id, name, says}: where the items of the report stand, by file and line

function mark() {
  for (const line of lines.querySelectorAll("[data-mark]")) { line.className = "line"; delete line.dataset.mark; delete line.dataset.found; }
  for (const note of notes) {
    const line = note.file === open && lines.children[note.line - 1];
    const rank = found => TROUBLE.indexOf(found) + (found === "correct" ? 0 : .5);
    if (!line || (line.dataset.found && rank(line.dataset.found) > rank(note.verdict))) continue;
    line.dataset.mark = MARKS[note.verdict];
    line.dataset.found = note.verdict;
    line.className = `line v-${note.verdict}${TROUBLE.includes(note.verdict) ? " trouble" : ""}`;
  }
  const troubled = notes.filter(note => TROUBLE.includes(note.verdict));
  for (const button of by("names").children) {
    const worst = troubled.filter(note => note.file === button.textContent).map(note => TROUBLE.indexOf(note.verdict));
    button.className = worst.length ? `trouble v-${TROUBLE[Math.max(...worst)]}` : "";
  }
  by("previous").disabled = by("next").disabled = !troubled.length;
  const items = shown.querySelectorAll(TROUBLE.map(one => `.item.v-${one}`)).length || troubled.length; // also those without a place
  by("to-report").textContent = items ? `Report: ${items} to look at` : "Report";
  at(false);
}

const caretLine = () => text.value.slice(0, text.selectionStart).split("\n").length;
const wide = matchMedia("(min-width: 54.01rem)");

/** Says under the text what the report says of the line of the caret; `follow` brings it into view. */
function at(follow) {
  const line = caretLine();
  lines.querySelector(".at")?.classList.remove("at");
  lines.children[line - 1]?.classList.add("at");
  const before = notes.filter(note => note.file === open && note.line <= line);
  const mine = before.filter(note => note.line === before.at(-1).line);
  const note = mine.find(one => TROUBLE.includes(one.verdict)) ?? mine[0];
  shown.querySelector(".item.here")?.classList.remove("here");
  const left = notes.filter(one => TROUBLE.includes(one.verdict)).length;
  const count = left ? `${left} place${left === 1 ? "" : "s"} to look at (F8)` : "";
  const item = note && by(note.id);
  if (!item || !text.value.trim()) return here.replaceChildren(count);
  item.classList.add("here");
  if (note.line === line || TROUBLE.includes(note.verdict)) {
    const link = made("a", {href: `#${note.id}`, onclick: event => { event.preventDefault(); toItem(item); }}, verdict(note.verdict, note.name));
    here.replaceChildren(link, made("span", {className: "says"}, note.says));
  } else here.replaceChildren(count);
  if (follow && wide.matches && document.activeElement === text) {
    const [pane, box] = [report.getBoundingClientRect(), item.getBoundingClientRect()];
    if (box.top < pane.top || box.bottom > pane.bottom) item.scrollIntoView({block: box.height > pane.height ? "start" : "nearest", behavior: motion()});
  }
}

const motion = () => matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";

function side(name) {
  document.body.className = name;
  by("to-write").setAttribute("aria-pressed", name === "writing");
  by("to-report").setAttribute("aria-pressed", name === "reading");
}

function toItem(item) {
  side("reading");
  item.tabIndex = -1;
  item.focus({preventScroll: true});
  item.scrollIntoView({block: "start", behavior: motion()});
}

function toLine(file, line) {
  if (!files.some(one => one.name === file)) return;
  side("writing");
  if (file !== open) show({files, open: file});
  const start = painted.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus({preventScroll: true});
  text.setSelectionRange(start, start + (painted[line - 1] ?? "").length);
  lines.children[line - 1]?.scrollIntoView({block: "center", behavior: motion()});
}

function step(forwards) {
  const places = notes.filter(note => TROUBLE.includes(note.verdict));
  if (!places.length) return;
  const order = note => [files.findIndex(file => file.name === note.file), note.line];
  const [file, line] = [files.indexOf(now()), caretLine()];
  const isAfter = note => { const [f, l] = order(note); return f > file || (f === file && l > line); };
  const isBefore = note => { const [f, l] = order(note); return f < file || (f === file && l < line); };
  const next = forwards ? places.find(isAfter) ?? places[0] : places.findLast(isBefore) ?? places.at(-1);
  toLine(next.file, next.line);
}

// ---- The report. Its text was escaped where it was made; elements beyond these are shown as text all the same.

const ELEMENTS = new Set(("a article button caption code dd div dl dt em figcaption figure h2 h3 header li main ol p pre section small span " +
  "strong table tbody td th thead tr ul svg g line rect circle path text title marker").split(" "));
const ATTRIBUTES = /^(?:on|style$|src|action|formaction|srcdoc|xlink|name$)/i;
const MATHML = "http://www.w3.org/1998/Math/MathML";

function parsed(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of body.querySelectorAll("*")) {
    if (!ELEMENTS.has(element.localName) && element.namespaceURI !== MATHML) element.replaceWith(element.textContent);
    for (const {name, value} of [...element.attributes]) {
      if (ATTRIBUTES.test(name) || (name === "href" && !value.startsWith("#"))) element.removeAttribute(name);
    }
  }
  if (files.length === 1) for (const place of body.querySelectorAll("a.place")) place.textContent = place.textContent.replace(` in ${open},`, ",");
  for (const paragraph of body.querySelectorAll(".message p, .v-missing .reason p")) linked(paragraph);
  return body;
}

/** Makes links of "answers.yaml, line 56" and of "line 54". */
function linked(paragraph) {
  const said = paragraph.textContent, pieces = [];
  let end = 0, file = ANSWERS;
  for (const found of said.matchAll(/(?:([^\s,:;]+), )?line (\d+)/g)) {
    file = files.find(one => one.name === found[1])?.name ?? file;
    const place = made("a", {className: "place", href: "#"}, found[0]);
    Object.assign(place.dataset, {file, line: found[2]});
    pieces.push(said.slice(end, found.index), place);
    end = found.index + found[0].length;
  }
  if (pieces.length) paragraph.replaceChildren(...pieces, said.slice(end));
}

/** Makes the old element like the fresh one where they differ, so that places, focus and selections stay. */
function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== fresh.nodeName || old.id !== fresh.id || /^(?:svg|math|pre)$/i.test(old.nodeName)) return old.replaceWith(fresh);
  for (const {name} of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const children = [...fresh.childNodes];
  while (old.childNodes.length > children.length) old.lastChild.remove();
  children.forEach((child, index) => old.childNodes[index] ? renew(old.childNodes[index], child) : old.append(child));
}

const clipped = says => says.length < 240 ? says : `${says.slice(0, says.lastIndexOf(" ", 240))} …`;

function reported(html) {
  const fresh = parsed(html);
  fresh.id = "shown";
  const found = [...fresh.querySelectorAll("article.item")].flatMap(item => {
    const place = item.querySelector("a.place");
    const word = /\bv-(\w+)/.exec(item.className)?.[1];
    if (!place || !(word in MARKS)) return [];
    const says = word === "read" ? "Read; it is marked after you hand it in." : clipped([...item.querySelectorAll(".reason > p")].map(one => one.textContent).join(" "));
    return [{file: place.dataset.file, line: Number(place.dataset.line), verdict: word, id: item.id, name: item.querySelector("h3 .mono").textContent, says}];
  });
  const messages = [...fresh.querySelectorAll(".message a.place")].map(place => {
    place.closest(".message").id = "message";
    const line = Number(place.dataset.line);
    return {file: place.dataset.file, line, verdict: "review", id: "message", name: `line ${line}`, says: place.closest("p").textContent};
  });
  const order = note => files.findIndex(file => file.name === note.file);
  notes = [...found, ...messages].filter(note => order(note) >= 0).sort((one, other) => order(one) - order(other) || one.line - other.line);
  const body = made("div", {id: "shown"}, ...fresh.childNodes);
  renew(shown, body);
  by("loading").hidden = by("trouble").hidden = true;
  mark();
  const left = [...shown.querySelectorAll(".to-do li")].map(line => line.textContent.split(":")[0].replace(/\.$/, ""));
  const worst = TROUBLE.findLast(one => shown.querySelector(`.item.v-${one}`));
  state(verdict(worst ?? (shown.querySelector(".item.v-missing") ? "read" : "correct"), left.join(", ")));
  announce(`${left.join(", ")}.`);
}

const state = (...says) => by("state").replaceChildren(...says);
let saying = 0;
/** Read out once a pause says that the student is done typing, and only if it says something new. */
function announce(says) {
  clearTimeout(saying);
  saying = setTimeout(() => { if (by("said").textContent !== says) by("said").textContent = says; }, 1500);
}

// ---- The worker: one check at a time, the newest text next. One that fails or hangs is ended, and another started.

let worker = null, ready = false, asked = 0, busy = false, waiting = false, sent = null, failed = null, pause = 0, watch = 0, slow = 0;

const inline = [...document.querySelectorAll("script[data-file]")]; // what a page in one file brings with it

function unpacked(base64) {
  const raw = atob(base64), bytes = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index++) bytes[index] = raw.charCodeAt(index);
  return bytes;
}

const SIZE = Object.values(homework.files).reduce((sum, file) => sum + (file.later ? 0 : file.bytes), 0);

function start() {
  by("loading").hidden = by("trouble").hidden = false;
  by("trouble").hidden = true;
  // From an address a worker would have a policy of its own, which is none; from a blob or data it has the page's.
  // A page from disk cannot share its blobs with a worker: there it is made from data, and sent its files.
  const told = {addresses: Object.fromEntries(Object.keys(homework.files).map(name => [name, new URL(name, location.href).href]))};
  let code;
  if (inline.length) {
    told.held = Object.fromEntries(inline.map(file => [file.dataset.file, unpacked(file.textContent)]));
    code = `data:text/javascript;base64,${inline.find(file => file.dataset.file === "worker.js").textContent}`;
  } else code = URL.createObjectURL(new Blob([`import ${JSON.stringify(told.addresses["worker.js"])};`], {type: "text/javascript"}));
  const mine = worker = new Worker(code, {type: "module"});
  worker.onmessage = ({data}) => { if (mine === worker) hear(data); };
  worker.onerror = event => { event.preventDefault(); if (mine === worker) fail(`The grader ended (${event.message || "it could not be loaded"}).`); };
  worker.postMessage({start: told}, Object.values(told.held ?? {}).map(bytes => bytes.buffer));
}

function hear(data) {
  if (data.progress) {
    const {done, doing} = data.progress, bar = by("loading-bar"), loading = doing === "Loading" && done < SIZE;
    if (loading) [bar.max, bar.value] = [SIZE, done]; else bar.removeAttribute("value");
    const megabytes = bytes => (bytes / 1e6).toFixed(1);
    by("loading-says").textContent = `${loading ? `${megabytes(done)} of ${megabytes(SIZE)} MB` : "Starting"}. You can type or drop your file already.`;
  } else if (data.ready) {
    ready = true;
    check();
    navigator.serviceWorker?.controller?.postMessage("rest");
  } else if (data.fault) fail(data.fault);
  else if (data.id === asked) {
    clearTimeout(watch);
    clearTimeout(slow);
    busy = false;
    report.classList.remove("stale");
    reported(data.report.html);
    if (waiting) check();
  }
}

/** Says what happened, and starts another worker, which waits for the text to change if this text was at fault. */
function fail(says) {
  worker?.terminate();
  clearTimeout(watch);
  clearTimeout(slow);
  if (busy) failed = sent;
  const loaded = ready;
  [ready, busy] = [false, false];
  report.classList.remove("stale");
  by("trouble").firstElementChild.textContent = `${says} Your text is kept.${loaded ? " It is checked again as soon as you change it." : ""}`;
  state("Not checked");
  if (loaded) start();
  by("loading").hidden = !loaded || shown.childElementCount > 0;
  by("trouble").hidden = false;
}

function soon() {
  clearTimeout(pause);
  pause = setTimeout(check, PAUSE);
}

function check() {
  waiting = busy;
  if (!ready || busy || failed === files) return;
  busy = true;
  sent = files;
  worker.postMessage({id: ++asked, check: {files: Object.fromEntries(files.map(({name, text}) => [name, text]))}});
  slow = setTimeout(() => { report.classList.add("stale"); state("Checking…"); }, 700);
  watch = setTimeout(() => fail("The check took too long and was ended."), patience());
}

// ---- Files in and out

const ending = name => name.split(".").at(-1).toLowerCase();
const TEXTS = new Set("yaml yml tex sty md markdown ipynb txt json py bib cls".split(" "));

async function decoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const encodings = bytes[0] === 0xff && bytes[1] === 0xfe ? ["utf-16le"] : bytes[0] === 0xfe && bytes[1] === 0xff ? ["utf-16be"] : ["utf-8"];
  for (const encoding of encodings) {
    try { return new TextDecoder(encoding, {fatal: true}).decode(bytes); } catch { /* not in this encoding */ }
  }
  return new TextDecoder("windows-1252").decode(bytes);
}

/** Takes files, [path, file] each, beside those that are there; a template in which nothing was typed gives way. */
async function take(found) {
  const wrong = [], taken = [];
  for (const [path, file] of found) {
    if (!TEXTS.has(ending(path))) wrong.push(`${path} is not a text that can be checked here`);
    else if (file.size > LARGEST) wrong.push(`${path} is too large`);
    else taken.push([path, (await decoded(file)).replace(/\r\n?/g, "\n")]);
  }
  const says = [taken.length ? `Opened ${taken.map(([name]) => name).join(", ")}.` : "", ...wrong.map(one => `${one}.`)].join(" ");
  if (!taken.length) return says.trim() && notify(says);
  const before = {files, open};
  files = files.filter(file => !untouched(file));
  taken.forEach(([name, content]) => put(name, content));
  const first = taken.find(([name, content]) => name === ANSWERS || /\\begin\s*\{document\}/.test(content)) ?? taken[0];
  const after = files;
  ({files, open} = before);
  change(says, {files: after, open: first[0]});
  side("writing");
  text.focus();
}

/** The files of a drop, also those in folders; the folder's own name is left out of their paths. */
async function dropped(transfer) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some(entry => entry.isDirectory)) return [...transfer.files].map(file => [file.name, file]);
  const found = [];
  const walk = async (entry, path) => {
    if (found.length >= 200) return;
    if (entry.isFile) found.push([path + entry.name, await new Promise((done, wrong) => entry.file(done, wrong))]);
    else {
      const reader = entry.createReader();
      for (let some; (some = await new Promise((done, wrong) => reader.readEntries(done, wrong))).length;) {
        for (const one of some) if (!one.name.startsWith(".")) await walk(one, `${path}${entry.name}/`);
      }
    }
  };
  for (const entry of entries) await walk(entry, "");
  const top = entries.length === 1 ? `${entries[0].name}/` : "";
  const order = ([path]) => `${String(path.split("/").length).padStart(3)} ${path}`; // what lies on top first
  found.sort((one, other) => order(one) < order(other) ? -1 : 1);
  return found.filter(([path]) => TEXTS.has(ending(path))).map(([path, file]) => [path.slice(path.startsWith(top) ? top.length : 0), file]);
}

function download() {
  const link = made("a", {href: URL.createObjectURL(new Blob([now().text], {type: "text/plain"})), download: open.split("/").at(-1)});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function rename() {
  const name = by("name").value.trim().replace(/^[/.]+/, "");
  if (!name || name === open || files.some(file => file.name === name)) return void (by("name").value = open);
  change(`${open} is now called ${name}.`, {files: files.map(file => file.name === open ? {...file, name} : file), open: name});
}

function remove() {
  const rest = files.filter(file => file.name !== open);
  const template = [{name: ANSWERS, text: homework.templates[ANSWERS] ?? ""}];
  change(`${open} is removed.`, {files: rest.length ? rest : template, open: ""});
}

// ---- What the student does

text.addEventListener("input", () => {
  by("notice").replaceChildren();
  put(open, text.value);
  keep();
  paint();
  soon();
});
text.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || painting !== "yaml") return;
  const blanks = /^[ ]*/.exec(text.value.slice(0, text.selectionStart).split("\n").at(-1))[0];
  if (!blanks) return;
  event.preventDefault();
  document.execCommand("insertText", false, `\n${blanks}`); // the one way that undo knows of
});
document.addEventListener("selectionchange", () => { if (document.activeElement === text) at(true); });
document.addEventListener("keydown", event => {
  if (event.key === "F8" && !by("help").open) { event.preventDefault(); step(!event.shiftKey); }
  if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); download(); }
  if (event.key === "Escape" && by("menu").open) { by("menu").open = false; by("menu").firstElementChild.focus(); }
});
document.addEventListener("click", event => {
  if (!by("menu").contains(event.target) || event.target.closest(".menu button")) by("menu").open = false;
});
report.addEventListener("click", event => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  if (link.dataset.line) return toLine(link.dataset.file, Number(link.dataset.line));
  const target = by(link.getAttribute("href").slice(1));
  if (target) toItem(target);
});
by("to-write").addEventListener("click", () => side("writing"));
by("to-report").addEventListener("click", () => side("reading"));
by("previous").addEventListener("click", () => step(false));
by("next").addEventListener("click", () => step(true));
by("open").addEventListener("click", () => by("picked").click());
by("picked").addEventListener("change", async event => {
  await take([...event.target.files].map(file => [file.name, file]));
  event.target.value = "";
});
by("download").addEventListener("click", download);
for (const button of document.querySelectorAll(".ask")) button.addEventListener("click", () => by("help").showModal());
by("close").addEventListener("click", () => by("help").close());
by("name").addEventListener("change", rename);
by("remove").addEventListener("click", remove);
by("again").addEventListener("click", () => { failed = null; if (ready) check(); else { worker?.terminate(); start(); } });

let over = 0;
const withFiles = event => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", event => { if (withFiles(event)) { over++; by("drop").hidden = false; } });
addEventListener("dragleave", event => { if (withFiles(event)) by("drop").hidden = --over <= 0; });
addEventListener("dragover", event => { if (withFiles(event)) event.preventDefault(); });
addEventListener("drop", async event => {
  if (!withFiles(event)) return;
  event.preventDefault();
  over = 0;
  by("drop").hidden = true;
  await take(await dropped(event.dataTransfer));
});
addEventListener("paste", async event => {
  if (!event.clipboardData?.files.length) return;
  event.preventDefault();
  await take([...event.clipboardData.files].map(file => [file.name, file]));
});
addEventListener("storage", event => { // another tab of this page was typed in
  const whole = event.key === KEY && recalled();
  if (whole) show({files: whole.files, open: whole.files.some(file => file.name === open) ? open : whole.open});
});
addEventListener("beforeunload", event => { if (!kept && !files.every(untouched)) event.preventDefault(); });

// ---- The beginning

/** Has the page served by its service worker, which keeps it for when there is no network. */
async function saved() {
  if (!location.protocol.startsWith("http") || !isSecureContext || !navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("message", ({data}) => { if (data === "complete") by("offline").hidden = false; });
  const registration = await navigator.serviceWorker.register("service_worker.js");
  const renewed = () => {
    if (registration.waiting && registration.active) notify("There is a newer version of this page.", "Load it", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
      registration.waiting.postMessage("take over");
    });
  };
  renewed();
  registration.addEventListener("updatefound", () => registration.installing.addEventListener("statechange", renewed));
  if (navigator.serviceWorker.controller || registration.active) return;
  await new Promise(done => {
    navigator.serviceWorker.addEventListener("controllerchange", done, {once: true});
    setTimeout(done, 3000);
  });
}

if (homework.title) {
  document.title = `${homework.title}: self-check`;
  by("title").textContent = `${homework.title}:`;
}
by("templates").replaceChildren(...Object.keys(homework.templates).map(name => made("button", {
  type: "button",
  onclick: () => {
    const before = files.filter(file => !untouched(file) && file.name !== name);
    change(`${name} is the template now.`, {files: [...before, {name, text: homework.templates[name]}], open: name});
    text.focus();
  },
}, name)));
show(recalled() ?? {files: [{name: ANSWERS, text: homework.templates[ANSWERS] ?? ""}], open: ANSWERS});
saved().catch(() => undefined) // where it cannot be kept, it is loaded each time
  .then(start).catch(error => fail(`This browser cannot run the grader (${error.message}).`));
