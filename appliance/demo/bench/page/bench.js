// The device bench: draws what /live sends, and turns clicks into requests. No state of its own but what is on the page.

const $ = (selector) => document.querySelector(selector);
const HUES = {
  pain: ["#9E6410", "#FAEFD9"], viennoiserie: ["#C2531A", "#FCE8DD"], patisserie: ["#B5305F", "#FAE2EB"], sale: ["#5A7714", "#ECF2DA"],
  chaud: ["#7A4A2B", "#F1E6DD"], froid: ["#1D6BAD", "#DFECF8"], epicerie: ["#0E746C", "#DAEFEC"], frais: ["#5A4BAF", "#E8E5F8"],
  neutre: ["#56616C", "#E8EAEC"],
};
const PROGRAMS = { daemon: "Caisse (daemon)", kiosk: "Écran (kiosque)" };
const SCANNERS = { serial: "série", twin: "série 2", hid: "HID", wedge: "clavier" };
const LAYOUTS = { us: "américain", fr: "français", ch: "suisse", de: "allemand" };

let state = null;
let scanner = localStorage.getItem("scanner") in SCANNERS ? localStorage.getItem("scanner") : "serial";

// ---------------------------------------------------------------- requests

let toastTimer = 0;
function say(sentence, bad = false) {
  const toast = $("#toast");
  toast.textContent = sentence;
  toast.classList.toggle("bad", bad);
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, bad ? 5000 : 2000);
}

async function post(path, body = {}) {
  try {
    const response = await fetch(path, { method: "POST", body: JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) { say(answer.message ?? "Refusé", true); return null; }
    return answer;
  } catch {
    say("Le banc ne répond pas : la démonstration est-elle terminée ?", true);
    return null;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-post]");
  if (button) post(button.dataset.post);
});

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name === "style") made.style.cssText = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const hueStyle = (hue) => `--band:${(HUES[hue] ?? HUES.neutre)[0]};--tint:${(HUES[hue] ?? HUES.neutre)[1]}`;

// ---------------------------------------------------------------- the live line

let line = null;
let drawing = Promise.resolve();

function connect() {
  line = new WebSocket(`ws://${location.host}/live`);
  line.binaryType = "arraybuffer";
  line.onmessage = ({ data }) => {
    if (typeof data !== "string") { drawing = drawing.then(() => draw(data)).catch(() => {}); return; }
    const message = JSON.parse(data);
    if (message.refused) say(message.refused.message, true);
    else show(message);
  };
  line.onopen = () => { $("#lamp-line").dataset.ok = "true"; };
  line.onclose = () => {
    for (const lamp of document.querySelectorAll(".lamp")) lamp.dataset.ok = "false";
    setTimeout(connect, 1000);
  };
}

const canvas = $("#screen");
const pen = canvas.getContext("2d", { alpha: false });

async function draw(data) {
  const [x, y] = [new DataView(data).getUint16(0), new DataView(data).getUint16(2)];
  const picture = await createImageBitmap(new Blob([new Uint8Array(data, 8)], { type: "image/png" }));
  pen.drawImage(picture, x, y);
  picture.close();
}

function send(gesture) {
  if (line?.readyState === WebSocket.OPEN && state?.screen.kind === "virtual") line.send(JSON.stringify(gesture));
}

function spot(event) {
  const box = canvas.getBoundingClientRect();
  const clamp = (value, most) => Math.max(0, Math.min(most - 1, Math.round(value)));
  return {
    x: clamp((event.clientX - box.left) * canvas.width / box.width, canvas.width),
    y: clamp((event.clientY - box.top) * canvas.height / box.height, canvas.height),
  };
}

let touching = false;
let lastMove = 0;
canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  touching = true;
  canvas.setPointerCapture(event.pointerId);
  send({ touch: "down", ...spot(event) });
});
canvas.addEventListener("pointermove", (event) => {
  if (!touching || event.timeStamp - lastMove < 25) return;
  lastMove = event.timeStamp;
  send({ touch: "move", ...spot(event) });
});
for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (!touching) return;
    touching = false;
    send({ touch: "up", ...spot(event) });
  });
}
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key.length > 1 && !/^(Enter|Backspace|Delete|Escape|Home|End|Arrow\w+|Page\w+)$/.test(event.key)) return;
  event.preventDefault();
  send({ key: event.key });
});

// ---------------------------------------------------------------- what the state changes

function show(now) {
  const before = state;
  state = now;
  $("#shop").textContent = now.shop;
  showScreen(now.screen);
  showScanners(now);
  showPrinter(now.printer);
  showPapers(now.printer, before?.printer);
  $("#drawer-picture").dataset.open = now.drawer.is_open;
  $("#stick").textContent = now.drawer.stuck ? "Décoincer" : "Coincer";
  $("#stick").dataset.post = `/api/drawer/${now.drawer.stuck ? "loosen" : "stick"}`;
  $("#stick").classList.toggle("on", now.drawer.stuck);
  $("#drawer-words").textContent =
    `${now.drawer.is_open ? "ouvert" : now.drawer.stuck ? "coincé" : "fermé"} · ${count(now.drawer.pulses, "impulsion", "impulsions")}`;
  showTerminal(now.terminal);
  showCounter(now.scale, now.display);
  showProcesses(now.processes);
}

const count = (number, one, many) => `${number}\u00a0${number < 2 ? one : many}`;

function showScreen(screen) {
  const note = $("#screen-note");
  const live = screen.kind === "virtual";
  note.hidden = live;
  canvas.style.visibility = live ? "visible" : "hidden";
  note.textContent = screen.kind === "real"
    ? "La caisse est ouverte sur l’écran de cette machine. Pour la voir ici : make run avec --headless."
    : "La caisse tourne sans écran.";
  if (live && (canvas.width !== screen.width || canvas.height !== screen.height)) {
    canvas.width = screen.width;
    canvas.height = screen.height;
  }
}

function showScanners(now) {
  const { plugged } = now.scanners.find(({ id }) => id === scanner);
  $("#plug").textContent = plugged ? "Débrancher" : "Rebrancher";
  $("#plug").classList.toggle("on", !plugged);
  const select = $("#layout");
  if (!select.options.length) {
    const expected = now.scanners.find(({ id }) => id === "wedge").layout;
    for (const layout of now.layouts) {
      const words = (LAYOUTS[layout] ?? layout) + (layout === expected ? " (réglé dans la caisse)" : "");
      select.append(element("option", { value: layout }, words));
    }
    select.value = expected;
  }
  for (const choice of document.querySelectorAll("#which button")) {
    const { id, plugged: there } = now.scanners.find(({ id: name }) => name === choice.dataset.scanner);
    choice.setAttribute("aria-checked", String(id === scanner));
    choice.classList.toggle("away", !there);
  }
  $("#layout-label").hidden = scanner !== "wedge";
}

const PRINTER_ACTIONS = [
  [(p) => p.paper === "low", "Papier bientôt fini", "paper-low", "Nouveau rouleau", "paper-new"],
  [(p) => p.paper === "out", "Papier fini", "paper-out", "Nouveau rouleau", "paper-new"],
  [(p) => p.cover_open, "Ouvrir le capot", "cover-open", "Fermer le capot", "cover-close"],
  [(p) => p.jammed, "Bloquer le couteau", "jam", "Libérer le couteau", "unjam"],
  [(p) => p.offline, "Mettre hors ligne", "offline", "Remettre en ligne", "online"],
  [(p) => !p.power, "Éteindre", "power-off", "Allumer", "power-on"],
  [(p) => !p.cable, "Débrancher réseau", "cable-out", "Rebrancher réseau", "cable-in"],
  [() => false, "Déchirer le papier", "tear-off", "", ""],
];

function showPrinter(printer) {
  const faults = [];
  if (!printer.power) faults.push("éteinte");
  if (!printer.cable) faults.push("débranchée");
  if (printer.paper === "out") faults.push("papier fini");
  if (printer.paper === "low") faults.push("papier bientôt fini");
  if (printer.cover_open) faults.push("capot ouvert");
  if (printer.jammed) faults.push("couteau bloqué");
  if (printer.offline) faults.push("hors ligne");
  const words = $("#printer-words");
  words.textContent = faults.join(", ") || `prête · ${count(printer.cuts, "coupe", "coupes")}`;
  words.classList.toggle("bad", faults.length > 0);
  const row = $("#printer-actions");
  PRINTER_ACTIONS.forEach(([isOn, offWords, offAction, onWords, onAction], index) => {
    const button = row.children[index] ?? row.appendChild(element("button", { type: "button" }));
    const on = isOn(printer);
    button.textContent = on ? onWords : offWords;
    button.dataset.post = `/api/printer/${on ? onAction : offAction}`;
    button.classList.toggle("on", on);
  });
}

const TERMINAL_SCREEN = {
  idle: "Bienvenue", debit: "Présentez votre carte", refund: "Remboursement : présentez votre carte", scan: "Présentez un code au lecteur",
  approve: "Accepté. Merci", decline: "Refusé par la banque", insufficient_funds: "Refusé : solde insuffisant", cancel: "Annulé par le client",
  aborted: "Annulé par la caisse", no_card: "Temps écoulé",
};
const TERMINAL_ACTIONS = [
  ["Payer par carte", "pay"], ["Refuser", "decline"], ["Solde insuffisant", "insufficient"], ["Annuler", "cancel"],
  ["Payer, réponse perdue", "lose"],
];

function showTerminal(terminal) {
  const busy = terminal.amount_minor !== null;
  const amount = busy ? `\n${(terminal.amount_minor / 100).toFixed(2)} ${terminal.currency}` : "";
  const screen = $("#terminal-screen");
  screen.textContent = terminal.plugged ? (TERMINAL_SCREEN[terminal.display] ?? "Refusé") + amount : "Débranché";
  screen.dataset.busy = busy || terminal.display === "scan";
  const refunds = terminal.refunds ? ` · ${count(terminal.refunds, "remboursé", "remboursés")}` : "";
  $("#terminal-words").textContent = count(terminal.debits, "débit", "débits") + refunds;
  const row = $("#terminal-actions");
  const actions = [...TERMINAL_ACTIONS, terminal.plugged ? ["Débrancher", "unplug"] : ["Rebrancher", "plug"]];
  actions.forEach(([words, action], index) => {
    const button = row.children[index] ?? row.appendChild(element("button", { type: "button" }));
    button.textContent = words;
    button.dataset.post = `/api/terminal/${action}`;
    button.disabled = !busy && action !== "plug" && action !== "unplug";
    button.classList.toggle("on", action === "plug");
    button.classList.toggle("primary", action === "pay");
  });
}

$("#terminal-scan").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = event.target.querySelector("input").value.trim();
  if (code && await post("/api/terminal/scan", { code })) say(`Présenté au terminal : ${code}`);
});

function paperFigure(number, caption) {
  const png = element("img", { src: `/api/paper/${number}.png`, alt: caption, loading: "lazy" });
  return element("figure", { "data-number": number }, element("figcaption", {}, caption), png);
}

function showPapers(printer, before) {
  const strips = $("#strips");
  strips.querySelector("p")?.remove();
  for (const figure of strips.querySelectorAll("figure:not(.uncut)")) {
    if (!printer.papers.includes(Number(figure.dataset.number))) figure.remove();
  }
  for (const number of [...printer.papers].reverse()) {
    if (strips.querySelector(`figure[data-number="${number}"]`)) continue;
    const figure = paperFigure(number, `Papier n° ${number}`);
    if (before) figure.classList.add("fresh");
    strips.prepend(figure);
  }
  showUncut(strips, printer.uncut);
  if (!strips.children.length) strips.append(element("p", {}, "Rien d’imprimé pour l’instant."));
}

function showUncut(strips, uncut) {
  const shown = strips.querySelector(".uncut");
  if (shown && Number(shown.dataset.uncut) === uncut) { strips.prepend(shown); return; }
  shown?.remove();
  if (!uncut) return;
  const figure = paperFigure(`0`, "Dans l’imprimante, pas encore coupé");
  figure.classList.add("uncut");
  figure.dataset.uncut = uncut;
  figure.querySelector("img").src += `?${uncut}`;
  strips.prepend(figure);
}

// ---------------------------------------------------------------- scale and customer display

const kilos = (milli) => `${(milli / 1000).toFixed(3)}\u00a0kg`;
let weighing = false;
let lastWeight = 0;

function showCounter(scale, display) {
  const net = scale.gross_milli - scale.tare_milli;
  const words = scale.moving ? "bouge" : scale.gross_milli > 15000 ? "trop lourd" : kilos(net) + (scale.tare_milli ? " net" : "");
  $("#scale-words").textContent = scale.plugged ? (scale.silent ? "muette" : words) : "débranchée";
  if (!weighing) $("#weight").value = scale.gross_milli;
  const glass = $("#display-lines");
  glass.textContent = display.lines.join("\n");
  glass.dataset.on = display.plugged;
  const row = $("#counter-actions");
  const actions = [
    [scale.tare_milli ? "Retirer la tare" : "Tare", "/api/scale/tare", false],
    [scale.silent ? "Balance parle" : "Balance muette", `/api/scale/${scale.silent ? "speak" : "silence"}`, scale.silent],
    [scale.plugged ? "Débrancher balance" : "Rebrancher balance", `/api/scale/${scale.plugged ? "unplug" : "plug"}`, !scale.plugged],
    [display.plugged ? "Débrancher afficheur" : "Rebrancher afficheur", `/api/display/${display.plugged ? "unplug" : "plug"}`, !display.plugged],
  ];
  actions.forEach(([label, path, on], index) => {
    const button = row.children[index] ?? row.appendChild(element("button", { type: "button" }));
    button.textContent = label;
    button.dataset.post = path;
    button.classList.toggle("on", on);
  });
}

$("#weight").addEventListener("input", (event) => {
  weighing = true;
  if (event.timeStamp - lastWeight < 100) return;
  lastWeight = event.timeStamp;
  post("/api/scale", { milli: Number(event.target.value), moving: true });
});
$("#weight").addEventListener("change", async (event) => {
  await post("/api/scale", { milli: Number(event.target.value), moving: false });
  weighing = false;
});

function showProcesses(processes) {
  const list = $("#processes");
  for (const { name, pid, ready, restarts } of processes) {
    $(`#lamp-${name}`).dataset.ok = String(ready);
    let entry = list.querySelector(`[data-name="${name}"]`);
    if (!entry) {
      const kill = element("button", { type: "button", class: "danger", title: "kill -9", "data-post": `/api/process/${name}/kill` }, "Couper");
      entry = element("div", { "data-name": name }, element("div", {}, element("b", {}, PROGRAMS[name] ?? name), element("small")), kill);
      list.append(entry);
    }
    entry.querySelector("button").disabled = pid === null;
    entry.dataset.restarts = restarts;
  }
  for (const name of Object.keys(PROGRAMS)) $(`#lamp-${name}`).hidden = !processes.some((child) => child.name === name);
  showUptime();
}

function showUptime() {
  for (const { name, pid, started_at, restarts } of state?.processes ?? []) {
    const words = $(`#processes [data-name="${name}"] small`);
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(started_at)) / 1000));
    const up = pid === null ? "arrêté" : `depuis ${duration(seconds)}`;
    words.textContent = `${up} · ${count(restarts, "redémarrage", "redémarrages")}`;
  }
}

function duration(seconds) {
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

// ---------------------------------------------------------------- scanning

async function scan(code, name) {
  const body = { code, scanner };
  if (scanner === "wedge" && $("#layout").value) body.layout = $("#layout").value;
  if (await post("/api/scan", body)) say(name ? `Scanné : ${name}` : `Scanné : ${code}`);
}

for (const choice of document.querySelectorAll("#which button")) {
  choice.addEventListener("click", () => {
    scanner = choice.dataset.scanner;
    localStorage.setItem("scanner", scanner);
    if (state) showScanners(state);
  });
}
$("#plug").addEventListener("click", () => {
  const plugged = state?.scanners.find((one) => one.id === scanner)?.plugged;
  post(`/api/scanner/${scanner}/${plugged ? "unplug" : "plug"}`);
});
$("#cut").addEventListener("click", async () => {
  if (await post(`/api/scanner/${scanner}/cut`)) say("Lecture coupée en route");
});
$("#setup").addEventListener("click", async () => {
  if (await post("/api/scan/setup", { scanner })) say(`Code de réglage lu : ${SCANNERS[scanner]}`);
});
$("#random").addEventListener("click", async (event) => {
  event.target.disabled = true;
  const answer = await post("/api/scan/random", { count: 10, scanner });
  event.target.disabled = false;
  if (answer) say(`${answer.codes.length} produits scannés`);
});
$("#unknown").addEventListener("click", () => {
  const digits = `761${String(Math.floor(Math.random() * 1e9)).padStart(9, "0")}`;
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  scan(`${digits}${(10 - sum % 10) % 10}`);
});
$("#scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const query = $("#query").value;
  const tiles = $("#tiles").querySelectorAll("button");
  if (!query.trim()) return;
  const isCode = /^[\x21-\x7e]*\d{4,}[\x21-\x7e]*$/.test(query.trim());
  if (!isCode && tiles.length) tiles[0].click();
  else scan(query.trim());
  $("#query").select();
});
let searching = 0;
$("#query").addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(search, 60);
});

async function search() {
  const query = $("#query").value;
  const found = await (await fetch(`/api/products?q=${encodeURIComponent(query)}`)).json();
  if (query !== $("#query").value) return;
  const tiles = $("#tiles");
  tiles.replaceChildren();
  let category = null;
  for (const tile of found) {
    if (tile.category !== category) tiles.append(element("h3", {}, category = tile.category));
    tiles.append(tileButton(tile));
  }
  if (!found.length) tiles.append(element("div", { class: "empty" }, "Aucun produit. Entrée scanne le code tapé tel quel."));
}

function tileButton(tile) {
  const price = tile.sold_out ? element("span", { class: "note" }, "épuisé") : element("span", {}, tile.price || "sans prix");
  const button = element("button", { type: "button", style: hueStyle(tile.hue), title: tile.pack ? `Carton : ${tile.pack}` : "" },
    element("b", {}, tile.name.replace(/ (k?g|[cdm]?l)\b/g, "\u00a0$1") + (tile.age_limit ? ` (${tile.age_limit}+)` : "")), element("span", {}, tile.code), price);
  button.addEventListener("click", () => scan(tile.code, tile.name));
  return button;
}

async function showBadges() {
  for (const badge of await (await fetch("/api/badges")).json()) {
    const button = element("button", { type: "button", style: hueStyle(badge.hue), title: `${badge.title}, badge ${badge.code}` },
      element("i", {}, badge.initials), badge.name);
    button.addEventListener("click", () => scan(badge.code, `badge de ${badge.name}`));
    $("#badges").append(button);
  }
}

setInterval(showUptime, 1000);
connect();
search();
showBadges();
