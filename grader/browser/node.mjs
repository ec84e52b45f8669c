// The worker in Node, for tests and measurements: what a browser gives a worker stands in here. Each line of standard
// input is a message to it, and each line of standard output a message from it. Bytes are sent as {"base64": text};
// {"memory": true} asks for the bytes and the processor seconds used so far.
//   node node.mjs FOLDER        FOLDER is what "grader package browser" made

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const { stdin, stdout, argv, exit, cpuUsage, memoryUsage } = process;
process.on("uncaughtException", (error) => say({ id: null, fault: `${error.stack}`.slice(-4000) }));
const folder = path.resolve(argv[2]);
const address = (name) => pathToFileURL(path.join(folder, name)).href;
const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));
const say = (message) => stdout.write(`${JSON.stringify(message)}\n`);

const used = () => say({ memory: { bytes: memoryUsage().rss, seconds: cpuUsage().user / 1e6 } });

class WorkerGlobalScope {}
Object.setPrototypeOf(Object.getPrototypeOf(globalThis), WorkerGlobalScope.prototype);

// Node neither fetches from a file nor imports from a blob; a browser does both.
class Blob extends globalThis.Blob {
  constructor(parts, options) {
    super(parts, options);
    this.parts = parts;
  }
}
const scripts = fs.mkdtempSync(path.join(os.tmpdir(), "worker-"));
let written = 0;
URL.createObjectURL = ({ parts }) => {
  const file = path.join(scripts, `${(written += 1)}.mjs`);
  fs.writeFileSync(file, Buffer.from(parts[0]));
  return pathToFileURL(file).href;
};
class XMLHttpRequest {
  open(method, address) {
    this.address = address;
  }
  send() {
    this.response = new Uint8Array(fs.readFileSync(fileURLToPath(this.address))).buffer;
  }
}

Object.assign(globalThis, {
  self: globalThis,
  Blob,
  WorkerGlobalScope,
  XMLHttpRequest,
  location: new URL("https://nowhere.invalid/"),
  fetch: async (address) => new Response(fs.readFileSync(fileURLToPath(address))),
  postMessage: say,
});
globalThis.process = undefined; // Pyodide is to take this for a browser

await import(address("worker.js"));
const addresses = Object.fromEntries(fs.readdirSync(folder).map((name) => [name, address(name)]));
let last = self.onmessage({ data: { start: { addresses } } });
for await (const line of readline.createInterface({ input: stdin })) {
  await last;
  const data = JSON.parse(line, (key, value) => (value?.base64 === undefined ? value : bytes(value.base64)));
  last = data.memory ? used() : self.onmessage({ data });
}
await last;
fs.rmSync(scripts, { recursive: true });
stdout.write("", () => exit(0)); // what Python has started would wait for ever
