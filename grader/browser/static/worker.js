// The worker: Python, started once, which then checks every text that the page sends. Where its files are, the page
// says in its first message; nothing else is ever asked for, and nothing leaves the page.

const FIRST = ["pyodide.mjs.gz", "pyodide.asm.mjs.gz", "pyodide.asm.wasm.gz", "stdlib.zip", "grader.zip"];
const NOWHERE = "https://nowhere.invalid/";
const SITE = "/lib/python3.14/site-packages";
const CONFIG = `${SITE}/config.yaml`;

const reach = self.fetch.bind(self);
let addresses = {};
let check = null;

self.onmessage = async ({ data }) => {
  try {
    if (data.start) {
      addresses = data.start.addresses;
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
  const files = await Promise.all(FIRST.map(async (name) => load(name, count)));
  count.say("Starting");
  const [runtime, factory, wasm, stdlib, grader] = files;
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
  self.fetch = serve({});
  python.unpackArchive(grader, "zip", { extractDir: SITE });
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

// One of the page's files, unpacked. Some servers label a packed file and the browser unpacks it: then there is nothing
// left to do.
async function load(name, count) {
  const response = await reach(addresses[name]);
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status})`);
  const whole = new Uint8Array(await new Response(response.body.pipeThrough(count.stream())).arrayBuffer());
  if (whole[0] !== 0x1f || whole[1] !== 0x8b) return whole;
  const unpacked = new Blob([whole]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

// A file that only some proofs need, in the middle of one: a worker may wait.
function loadNow(name) {
  const request = new XMLHttpRequest();
  request.open("GET", addresses[name], false);
  request.responseType = "arraybuffer";
  request.send();
  return new Uint8Array(request.response);
}

// Code comes from blobs: a server may call a script whatever it likes.
function code(bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  return import(address).finally(() => URL.revokeObjectURL(address));
}

// What Pyodide fetches while it starts, from what is here already; anything else is refused.
function serve(held) {
  return async (request) => {
    const name = String(request.url ?? request).replace(NOWHERE, "");
    if (!(name in held)) throw new TypeError(`${name}: nothing is fetched here`);
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(held[name], { headers: { "content-type": type } });
  };
}

function counted() {
  let done = 0;
  const say = (doing) => self.postMessage({ progress: { done, doing } });
  const stream = () =>
    new TransformStream({
      transform(chunk, controller) {
        done += chunk.length;
        say("Loading");
        controller.enqueue(chunk);
      },
    });
  return { say, stream };
}
