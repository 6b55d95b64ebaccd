// Home: the drop zone with its upload bar, and the live list of jobs.

import "./page.js";
import "./progress.js";
import { followList } from "./joblist.js";
import { say, size } from "./words.js";

const form = document.querySelector("[data-upload]");
const input = form?.querySelector("input[type=file]");
const bar = form?.querySelector("dataio-progress");
const problem = form?.querySelector("[data-upload-error]");
let request;
let seq = 0;

function step(values) {
  seq += 1;
  bar.show({ seq, job_state: "running", phase: "upload", eta_seconds: null, ...values });
}

function begin(file) {
  problem.hidden = true;
  form.dataset.busy = "true";
  bar.closest("[data-upload-bar]").hidden = false;
  form.querySelector("[data-upload-name]").textContent = file.name;
  // Something moves at once, also where the first bytes take their time.
  step({ percent: 1, amount: size(file.size), speed: "" });
}

function refuse(sentence) {
  request = undefined;
  delete form.dataset.busy;
  bar.closest("[data-upload-bar]").hidden = true;
  bar.reset();
  input.value = "";
  problem.hidden = false;
  problem.querySelector("[data-text]").textContent = sentence || say("upload-failed");
  input.focus();
}

function answer(file) {
  let reply = {};
  try {
    reply = JSON.parse(request.responseText);
  } catch {
    // Not ours: the guard in front of the site answers in plain text.
    if (request.status === 413) reply = { error: say("upload-too-large", { name: file.name }) };
  }
  if (request.status < 300 && reply.url) location.assign(reply.url);
  else refuse(reply.error);
}

function send(file) {
  if (request) return;
  begin(file);
  const data = new FormData(form);
  data.set("file", file);
  const started = performance.now();
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.onprogress = ({ loaded, total }) => {
    const seconds = (performance.now() - started) / 1000;
    const speed = loaded / seconds;
    step({
      // The last part is the server's: it keeps the file and looks into it.
      percent: 1 + (94 * loaded) / total,
      amount: say("size-of", { current: size(loaded), total: size(total) }),
      speed: seconds > 1 ? say("size-rate", { rate: size(speed) }) : "",
      eta_seconds: seconds > 1 && loaded < total ? (total - loaded) / speed : null,
    });
  };
  request.upload.onload = () => step({ phase: "looking", percent: 97, amount: "", speed: "" });
  request.onload = () => answer(file);
  request.onerror = () => refuse(say("upload-lost"));
  request.onabort = () => refuse(say("upload-stopped"));
  request.send(data);
}

/** Files may be dropped anywhere on the page; the zone shows that it will take them. */
function acceptDrops() {
  let depth = 0;
  const over = (change) => {
    depth = change ? Math.max(0, depth + change) : 0;
    form.toggleAttribute("data-over", depth > 0);
  };
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => holdsFiles(event) && over(1));
  addEventListener("dragleave", (event) => holdsFiles(event) && over(-1));
  addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(0);
    const [file, ...more] = event.dataTransfer.files;
    if (more.length) refuse(say("one-file"));
    else if (file) send(file);
  });
}

if (form) {
  input.addEventListener("change", () => input.files[0] && send(input.files[0]));
  // Enter would submit a form that has no file yet, which says only that one is missing.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || input.files[0]) return;
    event.preventDefault();
    input.click();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files[0]) send(input.files[0]);
    else input.click();
  });
  form.querySelector("[data-upload-stop]").addEventListener("click", () => request?.abort());
  acceptDrops();
}

followList(document.querySelector("[data-job-list]"));
