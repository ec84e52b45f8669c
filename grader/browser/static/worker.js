// The worker: Python, started once, which then checks every text that the page sends. Where its files are, the page
// says in its first message; nothing else is ever asked for, and nothing leaves the page.

const FIRST = ["pyodide.mjs.gz", "pyodide.asm.mjs.gz", "pyodide.asm.wasm.gz", "stdlib.zip", "grader.zip"];
const NOWHERE = "https://nowhere.invalid/";
const SITE = "/lib/python3.14/site-packages";
const CONFIG = `${SITE}/config.yaml`;

const reach = self.fetch.bind(self);
let addresses = {};
let held = {};
let check = null;

self.onmessage = async ({ data }) => {
  try {
    if (data.start) {
      ({ addresses, held = {} } = data.start);
      check = await started();
      self.postMessage({ ready: true });
    } else if (data.check) {
      self.postMessage({ id: data.id, report: checked(data.check) });
    }
  } catch (error) {
    self.postMessage({ id: data.id ?? null, fault: `The self-check cannot go on: ${error.message ?? error}` });
  }
};

async function started() {
  const count = counted();
  const [runtime, factory, wasm, stdlib, grader] = await Promise.all(FIRST.map((name) => load(name, count)));
  const [{ loadPyodide, version }, { default: createPyodideModule }] = await Promise.all([code(runtime), code(factory)]);
  self.fetch = serve({ "pyodide.asm.wasm": wasm, "stdlib.zip": stdlib });
  const python = await loadPyodide({
    createPyodideModule,
    indexURL: NOWHERE,
    packageBaseUrl: NOWHERE,
    stdLibURL: `${NOWHERE}stdlib.zip`,
    lockFileContents: {
      info: { arch: "wasm32", platform: "emscripten", version, python: "3.14.2", abi_version: "2026_0" },
      packages: {},
    },
    env: { HOME: "/home/grader", PYTHONHASHSEED: "0" },
  });
  python.unpackArchive(await grader.arrayBuffer(), "zip", { extractDir: SITE });
  const session = python.pyimport("grader.browser.session");
  return session.started(CONFIG, (name) => python.unpackArchive(loadNow(`${name}.zip`), "zip", { extractDir: SITE }));
}

function checked({ files, text: wanted = false }) {
  const encoder = new TextEncoder();
  const bytes = Object.entries(files).map(([name, text]) => [name, typeof text === "string" ? encoder.encode(text) : text]);
  const answer = check(new Map(bytes), wanted);
  const report = answer.toJs({ dict_converter: Object.fromEntries });
  answer.destroy();
  return report;
}

// One of the page's files, unpacked while it comes. Some servers label a packed file, and the browser unpacks it.
async function load(name, count) {
  const response = held[name] ? new Response(held[name]) : await reach(addresses[name]);
  delete held[name];
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status})`);
  let body = response.body.pipeThrough(count.stream());
  if (name.endsWith(".gz") && !response.headers.has("content-encoding")) {
    body = body.pipeThrough(new DecompressionStream("gzip"));
  }
  return new Response(body, { headers: { "content-type": name.includes(".wasm") ? "application/wasm" : "" } });
}

// A file that only some proofs need, in the middle of one: a worker may wait.
function loadNow(name) {
  if (held[name]) return held[name];
  const request = new XMLHttpRequest();
  request.open("GET", addresses[name], false);
  request.responseType = "arraybuffer";
  request.send();
  return new Uint8Array(request.response);
}

// Code comes from blobs: a server may call a script whatever it likes.
async function code(response) {
  const address = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "text/javascript" }));
  return import(address).finally(() => URL.revokeObjectURL(address));
}

// What Pyodide fetches while it starts is on its way already; anything else is refused.
function serve(held) {
  return async (request) => {
    const name = String(request.url ?? request).replace(NOWHERE, "");
    if (!(name in held)) throw new TypeError(`${name}: nothing is fetched here`);
    return held[name];
  };
}

// Bytes as they come, and when the last has come.
function counted() {
  let done = 0;
  let open = FIRST.length;
  const say = (doing) => self.postMessage({ progress: { done, doing } });
  const stream = () =>
    new TransformStream({
      transform(chunk, controller) {
        done += chunk.length;
        say("Loading");
        controller.enqueue(chunk);
      },
      flush() {
        if ((open -= 1) === 0) say("Starting");
      },
    });
  return { stream };
}
